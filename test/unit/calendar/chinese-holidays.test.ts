import { addBusinessMinutes, type BusinessCalendar, isOpen, UncertifiedYearError } from '../../../domain/calendar';
import { shanghai } from './support';

/** From the State Council's notices for these years: days off, and days worked instead. */
const NOTICES: Record<number, { off: string; worked: string }> = {
  2024: {
    off: '01-01 02-10 02-11 02-12 02-13 02-14 02-15 02-16 02-17 04-04 04-05 04-06 05-01 05-02 05-03 05-04 05-05 06-10 09-15 09-16 09-17 10-01 10-02 10-03 10-04 10-05 10-06 10-07',
    worked: '02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12',
  },
  2025: {
    off: '01-01 01-28 01-29 01-30 01-31 02-01 02-02 02-03 02-04 04-04 04-05 04-06 05-01 05-02 05-03 05-04 05-05 05-31 06-01 06-02 10-01 10-02 10-03 10-04 10-05 10-06 10-07 10-08',
    worked: '01-26 02-08 04-27 09-28 10-11',
  },
  2026: {
    off: '01-01 01-02 01-03 02-15 02-16 02-17 02-18 02-19 02-20 02-21 02-22 02-23 04-04 04-05 04-06 05-01 05-02 05-03 05-04 05-05 06-19 06-20 06-21 09-25 09-26 09-27 10-01 10-02 10-03 10-04 10-05 10-06 10-07',
    worked: '01-04 02-14 02-28 05-09 09-20 10-10',
  },
};

/** 10:00 in Shanghai. */
const tenInTheMorning = (date: string) => `${date}T02:00:00Z`;

describe('the Shanghai calendar', () => {
  it('is certified for exactly the years that are spelled out here', () => {
    expect(shanghai.certifiedYears).toEqual(Object.keys(NOTICES).map(Number));
  });

  it.each(Object.entries(NOTICES))('follows the notice of %s on every day of the year', (year, notice) => {
    const off = notice.off.split(' ');
    const worked = notice.worked.split(' ');
    const wrong: string[] = [];
    for (let ms = Date.parse(`${year}-01-01`); ms < Date.parse(`${Number(year) + 1}-01-01`); ms += 86_400_000) {
      const date = new Date(ms).toISOString().slice(0, 10);
      const weekday = new Date(ms).getUTCDay();
      const expected = worked.includes(date.slice(5)) || (weekday >= 1 && weekday <= 5 && !off.includes(date.slice(5)));
      if (isOpen(shanghai, tenInTheMorning(date)) !== expected) wrong.push(date);
    }
    expect(wrong).toEqual([]);
  });

  it('gives make-up days the hours of an ordinary working day', () => {
    const at = (time: string) => isOpen(shanghai, `2026-02-14T${time}Z`);
    expect([at('00:59'), at('01:00'), at('03:59'), at('04:00'), at('05:00'), at('09:59'), at('10:00')]).toEqual([
      false,
      true,
      true,
      false,
      true,
      true,
      false,
    ]);
  });

  it('keeps the own hours of a team that works on that weekday anyway', () => {
    const saturdayTeam: BusinessCalendar = {
      ...shanghai,
      weekly: { ...shanghai.weekly, saturday: [{ startMinute: 600, endMinute: 660 }] },
    };
    expect(isOpen(saturdayTeam, '2026-02-14T02:30:00Z')).toBe(true);
    expect(isOpen(saturdayTeam, '2026-02-14T05:30:00Z')).toBe(false);
    expect(isOpen(saturdayTeam, '2026-02-21T02:30:00Z')).toBe(false);
  });

  it('lets overrides win over holidays, make-up days and weekdays', () => {
    const own: BusinessCalendar = {
      ...shanghai,
      overrides: {
        '2026-02-17': [{ startMinute: 600, endMinute: 660 }],
        '2026-02-14': 'closed',
        '2026-11-23': 'closed',
      },
    };
    expect(isOpen(own, '2026-02-17T02:30:00Z')).toBe(true);
    expect(isOpen(own, '2026-02-17T03:00:00Z')).toBe(false);
    expect(isOpen(own, tenInTheMorning('2026-02-14'))).toBe(false);
    expect(isOpen(own, tenInTheMorning('2026-11-23'))).toBe(false);
  });
});

describe('years that nobody has confirmed', () => {
  it('refuses to reach into them, and says how to mend it', () => {
    const attempt = () => addBusinessMinutes(shanghai, '2026-12-31T09:59:00Z', 2);
    expect(attempt).toThrow(UncertifiedYearError);
    expect(attempt).toThrow(expect.objectContaining({ calendarId: 'cn-shanghai', year: 2027 }));
    expect(attempt).toThrow(/"overrides".*add 2027 to "certifiedYears"/);
  });

  it('answers up to the last working minute before them', () => {
    expect(addBusinessMinutes(shanghai, '2026-12-31T09:59:00Z', 1)).toBe('2026-12-31T10:00:00.000Z');
  });

  it('does not believe a certificate without holidays: chinese-days would call New Year 2027 a working day', () => {
    const rash: BusinessCalendar = { ...shanghai, certifiedYears: [2026, 2027] };
    expect(() => isOpen(rash, tenInTheMorning('2027-01-01'))).toThrow(UncertifiedYearError);
  });

  it('accepts a year whose days were entered by hand', () => {
    const entered: BusinessCalendar = {
      ...shanghai,
      certifiedYears: [2026, 2027],
      overrides: { '2027-01-01': 'closed' },
    };
    expect(addBusinessMinutes(entered, '2026-12-31T09:59:00Z', 2)).toBe('2027-01-04T01:01:00.000Z');
  });

  it('goes by the year on the calendar’s own clock', () => {
    // 2027 has begun in Shanghai, not yet in Greenwich.
    expect(() => isOpen(shanghai, '2026-12-31T16:00:00Z')).toThrow(UncertifiedYearError);
    expect(isOpen(shanghai, '2026-12-31T15:59:59Z')).toBe(false);
  });
});
