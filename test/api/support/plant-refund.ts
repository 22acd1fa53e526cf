import type { Database } from '../../../store';

const processAt = (status: string): object => ({
  seq: 0,
  status,
  snapshotVersion: 1,
  round: 1,
  stage: null,
  answer: null,
  excluded: [],
  lastDecision: null,
  responded: true,
  legs: [],
  arrival: null,
});

/** Writes the row of a refund that nobody asked for: no stages, no legs, no audit. */
export async function plantRefund(
  db: Database,
  refund: { id: string; orderId: string; customerId: string; status: string; amountMinor: number },
): Promise<void> {
  const now = new Date();
  await db.refund.create({
    data: {
      mode: 'test',
      currency: 'CNY',
      reasonCode: 'quality',
      description: '',
      channel: 'online',
      resolution: 'refund',
      tier: 'small',
      snapshotVersion: 1,
      snapshot: {},
      policyName: 'default',
      policyVersion: 1,
      plan: { stages: [] },
      planHash: 'x',
      process: processAt(refund.status),
      enteredByKind: 'system',
      enteredById: 'ky',
      firstResponseDueAt: now,
      createdAt: now,
      updatedAt: now,
      ...refund,
    },
  });
}
