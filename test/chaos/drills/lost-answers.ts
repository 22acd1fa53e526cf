import { ONLINE_PROVIDERS } from '../plan';
import { untilQuiet } from '../until-quiet';
import { approveSmall, inTurns, INSTRUCTION, request, untilPaid, type Drill, type Requested } from './drill';

/**
 * `size` refunds over all gateways, of which no instruction is ever answered, though the money moves, and of which no
 * notification comes. Each has one movement in the provider's ledger, not one more, and all are resolved by asking.
 */
export const lostAnswers: Drill = {
  standsAlone: false,
  fullSize: 1_000,
  async run({ stack, seed, size, say, providers = ONLINE_PROVIDERS }) {
    const requested: Requested[] = [];
    await inTurns(Array.from({ length: size }), 8, async (_none, i) => {
      const provider = providers[i % providers.length] ?? 'stripe';
      const one = await request(stack, `LOST-${seed}-${i}`, provider, 5_000 + (i % 1_000));
      const fault = { provider, reference: one.reference, operation: INSTRUCTION[provider] };
      await stack.control('/control/faults', { ...fault, behaviour: 'drop-after-commit' });
      await stack.control('/control/faults', { ...fault, behaviour: 'no-webhook' });
      requested.push(one);
      await approveSmall(stack, one);
      if ((i + 1) % 100 === 0) say(`${i + 1} of ${size} are approved`);
    });
    const ids = requested.map(({ refundId }) => refundId);
    const unpaid = await untilPaid(stack, ids);
    // A tenth does not wait for letters: they have their own tests.
    const delivered = size >= lostAnswers.fullSize;
    if (delivered) await untilQuiet(stack);
    const references = new Set(requested.map(({ reference }) => reference));
    const movements = (await stack.ledger()).filter(({ reference }) => references.has(reference));
    const asked = await stack.db.auditEvent.findMany({
      where: { refundId: { in: ids }, type: 'payment.sighted' },
      select: { refundId: true, data: true },
    });
    const byQuery = new Set(
      asked
        .filter(({ data }) => (data as { source: string }).source === 'query')
        .filter(({ data }) => (data as { outcome: string }).outcome === 'succeeded')
        .map(({ refundId }) => refundId),
    );
    const notByQuery = ids.filter((id) => !byQuery.has(id));
    return {
      line: `${size} instructions whose answers were lost: ${movements.length} movements, ${byQuery.size} resolved by query`,
      violations: [
        ...unpaid,
        ...(movements.length === size ? [] : [`${movements.length} movements for ${size} refunds`]),
        ...notByQuery.map((id) => `refund ${id} was not resolved by asking`),
        ...(await stack.violations({ delivered })),
      ],
    };
  },
};
