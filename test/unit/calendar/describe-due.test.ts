import { describeDue } from '../../../domain/calendar';
import { newYork, shanghai } from './support';

describe('a deadline in words', () => {
  it.each([
    ['en', '2026-11-22T22:00:00Z', 'due Mon 23 Nov 10:40 (Shanghai), 1 h 40 min of working time left'],
    ['zh-CN', '2026-11-22T22:00:00Z', '11月23日（周一）10:40（上海）到期，剩余工作时间 1 小时 40 分钟'],
    ['en', '2026-11-20T08:20:00Z', 'due Mon 23 Nov 10:40 (Shanghai), 3 h 20 min of working time left'],
    ['en', '2026-11-23T02:39:30Z', 'due Mon 23 Nov 10:40 (Shanghai), 0 min of working time left'],
    ['en', '2026-11-23T01:40:00Z', 'due Mon 23 Nov 10:40 (Shanghai), 1 h of working time left'],
    ['en', '2026-11-23T05:45:00Z', 'was due Mon 23 Nov 10:40 (Shanghai), overdue by 2 h 5 min of working time'],
    ['zh-CN', '2026-11-23T03:00:00Z', '11月23日（周一）10:40（上海）已到期，已逾期工作时间 20 分钟'],
  ] as const)('%s, asked at %s: %s', (locale, now, text) => {
    expect(describeDue(shanghai, now, '2026-11-23T02:40:00Z', locale)).toBe(text);
  });

  it('names the year when it is another one', () => {
    expect(describeDue(newYork, '2025-12-31T21:00:00Z', '2026-01-02T15:00:00Z', 'en')).toBe(
      'due Fri 2 Jan 2026 10:00 (New York), 10 h of working time left',
    );
    expect(describeDue(newYork, '2025-12-31T21:00:00Z', '2026-01-02T15:00:00Z', 'zh-CN')).toBe(
      '2026年1月2日（周五）10:00（纽约）到期，剩余工作时间 10 小时',
    );
  });

  it('leaves the working time out where the days in between are not certified', () => {
    expect(describeDue(shanghai, '2027-01-04T02:00:00Z', '2026-12-31T08:00:00Z', 'en')).toBe(
      'was due Thu 31 Dec 2026 16:00 (Shanghai)',
    );
  });
});
