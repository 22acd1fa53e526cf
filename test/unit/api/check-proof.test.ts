import { checkProof } from '../../../api/check-answer';
import type { Principal } from '../../../api/types';
import type { Database, StoredRefund } from '../../../store';

const refund = {
  createdAt: '2026-11-01T00:00:00.000Z',
  process: { arrival: { paidAt: '2026-11-20T06:00:00.000Z' } },
} as unknown as StoredRefund;
const customer = { kind: 'customer' } as unknown as Principal;
/** Who brings no proof has nothing looked up. */
const noDatabase = undefined as unknown as Database;
const check = (arrivedAt: string) =>
  checkProof(noDatabase, refund, { arrivedAt }, customer, new Date('2026-11-25T00:00:00Z'));

test.each([
  ['in the future', '2026-11-25T00:00:01.000Z', /future/],
  ['before the request', '2026-10-31T00:00:00.000Z', /before the request/],
  ['before the payment', '2026-11-19T05:59:59.999Z', /before the payment/],
])('an arrival %s cannot be true', async (_when, arrivedAt, why) => {
  await expect(check(arrivedAt)).rejects.toThrow(why);
});

test.each([
  ['on the day of the payment, as midnight of its date', '2026-11-20T00:00:00.000Z'],
  ['days later', '2026-11-23T00:00:00.000Z'],
])('an arrival %s is believed', async (_when, arrivedAt) => {
  await expect(check(arrivedAt)).resolves.toBeUndefined();
});
