import { cnShanghaiCalendar as calendar } from '../../../domain/calendar';
import { answerDueAt, evaluatePolicy, firstResponseDueAt, planFrom, promiseArrival } from '../../../domain/policy';
import { defaultPolicy, facts } from './support';

const plan = planFrom(defaultPolicy, evaluatePolicy(defaultPolicy, facts()));

it('wants a first response 24 hours later, also over a holiday', () => {
  expect(firstResponseDueAt(defaultPolicy, '2026-09-30T10:00:00Z')).toBe('2026-10-01T10:00:00.000Z');
});

it('gives customers until the end of the third working date, requesters until that of the fifth', () => {
  const friday = '2026-11-20T09:30:00Z';
  expect(answerDueAt(calendar, plan, 'request_info', friday)).toBe('2026-11-25T15:59:59.999Z');
  expect(answerDueAt(calendar, plan, 'send_back', friday)).toBe('2026-11-27T15:59:59.999Z');
});

it('lengthens the promise of arrival over a holiday', () => {
  expect(promiseArrival(calendar, plan, 'bank_card', '2026-11-20T09:30:00Z')).toEqual({
    expectedFrom: '2026-11-25T15:59:59.999Z',
    expectedTo: '2026-12-01T15:59:59.999Z',
  });
  expect(promiseArrival(calendar, plan, 'alipay', '2026-09-30T09:30:00Z')).toEqual({
    expectedFrom: '2026-10-08T15:59:59.999Z',
    expectedTo: '2026-10-10T15:59:59.999Z',
  });
});

it('promises nothing for a method that the policy does not name', () => {
  expect(() => promiseArrival(calendar, plan, 'cash', '2026-11-20T09:30:00Z')).toThrow(RangeError);
});
