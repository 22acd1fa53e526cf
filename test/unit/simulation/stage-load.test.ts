import { StageLoad } from '../../../domain/simulation';
import { shanghai } from '../calendar/support';

const cst = (local: string) => new Date(`${local}+08:00`).toISOString();
const stage = (role: string, quorum = 1) => ({ stage: `${role}_stage`, role, quorum, dueBusinessDays: 1 });

describe('the load of stages', () => {
  it('is counted by role and hour: the mean of all days, the most of one', () => {
    const load = new StageLoad(shanghai);
    for (const [at, stages] of [
      // Friday.
      ['2026-11-20T10:10', [stage('reviewer')]],
      ['2026-11-20T10:50', [stage('reviewer'), stage('approver', 2)]],
      ['2026-11-20T19:00', [stage('reviewer')]],
      // Saturday.
      ['2026-11-21T10:00', [stage('reviewer')]],
      // Monday.
      ['2026-11-23T09:30', [stage('reviewer')]],
    ] as const)
      load.add(cst(at), stages);
    load.add(cst('2026-11-22T03:00'), []);
    expect(load.report(cst('2026-11-20T00:00'), cst('2026-11-24T00:00'))).toEqual({
      calendarId: shanghai.id,
      timeZone: 'Asia/Shanghai',
      days: 4,
      workingDays: 2,
      roles: [
        {
          role: 'reviewer',
          openings: 5,
          approvals: 5,
          hours: [
            { hour: 9, openings: 1, meanPerDay: 0.25, peak: 1 },
            { hour: 10, openings: 3, meanPerDay: 0.75, peak: 2 },
            { hour: 19, openings: 1, meanPerDay: 0.25, peak: 1 },
          ],
          // Monday at nine has what came on Friday evening and on Saturday beside its own.
          workingHours: [
            { hour: 9, openings: 3, meanPerDay: 1.5, peak: 3 },
            { hour: 10, openings: 2, meanPerDay: 1, peak: 2 },
          ],
        },
        {
          role: 'approver',
          openings: 1,
          approvals: 2,
          hours: [{ hour: 10, openings: 1, meanPerDay: 0.25, peak: 1 }],
          workingHours: [{ hour: 10, openings: 1, meanPerDay: 0.5, peak: 1 }],
        },
      ],
    });
  });
});
