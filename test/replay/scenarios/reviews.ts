import type { WorkflowHandle } from '@temporalio/client';
import { decideStageUpdate, getRefundQuery, orderChangedSignal, replanSignal } from '../../../contract';
import { approve, decisionMessage, decline, refusalOf, rolesOf, type World } from '../../support/world';
import { instead, paid, paying, type Scenario } from './scenario';

/** How a refund is decided, declined, answered and taken back. */
export const REVIEWS: Record<string, Scenario> = {
  // Told once, and once found by the decision itself.
  'order-changed': async (world) => {
    const handle = await world.start(10_000);
    const { orderId } = await world.db.refund.findUniqueOrThrow({ where: { id: world.refundIdOf(handle) } });
    await world.db.order.update({ where: { id: orderId }, data: { shippingMinor: 500 } });
    await handle.signal(orderChangedSignal);
    await world.until(handle, ({ snapshotVersion }) => snapshotVersion === 2);
    await world.db.order.update({ where: { id: orderId }, data: { branch: 'elsewhere' } });
    await refusalOf(world.decide(handle, 'reviewer', approve('first_review', 2)));
    await world.decide(handle, 'reviewer', approve('first_review', 3));
    await world.until(handle, paid);
    return handle;
  },
  // Told of while it is as before, and told of again under the same id.
  'order-told-in-vain': async (world) => {
    const handle = await world.start(10_000);
    const { orderId } = await world.db.refund.findUniqueOrThrow({ where: { id: world.refundIdOf(handle) } });
    await handle.signal(orderChangedSignal);
    await world.decide(handle, 'reviewer', { ...approve('first_review'), decision: 'request_info' });
    await world.inform(handle, 'customer', { note: 'here' });
    await world.db.order.update({ where: { id: orderId }, data: { shippingMinor: 500 } });
    await handle.signal(orderChangedSignal);
    await world.until(handle, ({ snapshotVersion }) => snapshotVersion === 2);
    await world.decide(handle, 'reviewer', approve('first_review', 2));
    await world.until(handle, paid);
    return handle;
  },
  'approve-three-stages': async (world) => {
    const handle = await world.start(800_000);
    await world.decide(handle, 'reviewer', approve('first_review'));
    await world.decide(handle, 'reviewer2', approve('second_review'));
    await world.decide(handle, 'approver2', approve('final_approval'));
    await world.until(handle, paid);
    return handle;
  },
  'decided-in-place': async (world) => {
    const handle = await world.start(10_000);
    const { refundId } = await handle.query(getRefundQuery);
    const { reviewer, finance } = world.shop.personIds;
    const at = Date.now();
    await world.db.delegation.create({
      data: {
        id: 'dg_in_place',
        mode: 'test',
        delegatorId: reviewer,
        delegateId: finance,
        fromAt: new Date(at - 3_600_000),
        untilAt: new Date(at + 24 * 3_600_000),
        createdBy: reviewer,
        createdAt: new Date(at),
      },
    });
    const content = approve('first_review');
    const command = await world.shop.decide(refundId, 'finance', content, { reason: 'seen' });
    const message = decisionMessage(command, content);
    await handle.executeUpdate(decideStageUpdate, {
      args: [{ ...message, actor: { ...message.actor, onBehalfOf: reviewer } }],
      updateId: command.scopeHash,
    });
    await world.until(handle, paid);
    return handle;
  },
  'planned-again': async (world) => {
    const handle = await world.start(10_000);
    const refundId = world.refundIdOf(handle);
    const before = (await world.state(handle)).stage?.dueAt ?? '';
    const [row] = await world.db.calendar.findMany();
    const document = row?.document as { overrides: object };
    const day = new Date(Date.parse(before) + 8 * 3_600_000).toISOString().slice(0, 10);
    const closed = { ...document, overrides: { ...document.overrides, [day]: 'closed' } };
    await world.db.calendar.updateMany({ data: { document: closed } });
    try {
      const at = new Date();
      const item = { refundId, mode: 'test', createdAt: at } as const;
      const replan = {
        mode: 'test',
        calendarId: 'cn-shanghai',
        calendarHash: 'h',
        requestedBy: 'pn',
        createdAt: at,
      } as const;
      await world.db.calendarReplan.create({
        data: { id: 'cr_1', ...replan, commandId: 'cm_1', items: { create: item } },
      });
      await handle.signal(replanSignal, { replanId: 'cr_1' });
      await world.until(handle, ({ stage }) => stage?.dueAt !== before);
    } finally {
      await world.db.calendar.updateMany({ data: { document } });
    }
    await world.decide(handle, 'reviewer', approve('first_review'));
    await world.until(handle, paid);
    return handle;
  },
  'told-together': async (world) => {
    const handle = await paying(world);
    await world.until(handle, paid);
    await world.confirmReceipt(handle);
    await handle.result();
    return handle;
  },
  'approve-less': async (world) => {
    const handle = await world.start(10_000);
    await world.decide(handle, 'reviewer', { ...approve('first_review'), approvedAmountMinor: 6_000 });
    await world.until(handle, paid);
    return handle;
  },
  'approve-two-payments': async (world) => {
    const ids = ['a', 'b'].map((leg) => `pi_${leg}_${Math.random().toString(36).slice(2)}`);
    for (const id of ids)
      await fetch(`${world.sandboxUrl}/control/stripe/payment_intents`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id, amountMinor: 10_000, currency: 'CNY' }),
      });
    const order = await world.shop.addOrder(16_000, { providerPaymentIds: ids });
    const handle = await world.startAccepted(await world.shop.accept(order, 16_000));
    await world.decide(handle, 'reviewer', approve('first_review'));
    await world.until(handle, paid);
    return handle;
  },
  decline: async (world) => {
    const handle = await world.start(10_000);
    await world.decide(handle, 'reviewer', decline('first_review'));
    await handle.result();
    return handle;
  },
  'declined-by-policy': async (world) => {
    const externalId = await world.order(10_000);
    await world.db.order.updateMany({ where: { externalId }, data: { placedAt: new Date('2021-01-04T00:00:00Z') } });
    const handle = await world.startAccepted(await world.shop.accept(externalId, 10_000));
    await handle.result();
    return handle;
  },
  withdrawn: async (world) => {
    const handle = await world.start(129_900);
    await world.decide(handle, 'reviewer', approve('first_review'));
    await world.withdraw(handle);
    await handle.result();
    return handle;
  },
  expired: async (world) => {
    const handle = await world.start(10_000);
    await world.decide(handle, 'reviewer', instead('first_review', 'send_back'));
    const { answer } = await world.until(handle, ({ status }) => status === 'awaiting_customer');
    // The clock jumps until the workflow ends, which ends the jump.
    await Promise.allSettled([world.advanceTo(handle, answer?.deadlineAt ?? '')]);
    await handle.result();
    return handle;
  },
  'request-info': async (world) => {
    const handle = await world.start(10_000);
    await world.decide(handle, 'reviewer', instead('first_review', 'request_info'));
    await world.inform(handle, 'customer', { amountMinor: 6_000, note: 'only the lamp' });
    await world.decide(handle, 'reviewer', approve('first_review', 2));
    await world.until(handle, paid);
    return handle;
  },
  'request-info-unanswered': async (world) => {
    const handle = await world.start(10_000);
    await world.decide(handle, 'reviewer', instead('first_review', 'request_info'));
    const { answer } = await world.until(handle, ({ status }) => status === 'awaiting_customer');
    await world.advanceTo(handle, answer?.deadlineAt ?? '');
    await world.until(handle, ({ status }) => status === 'in_review');
    await world.decide(handle, 'reviewer', decline('first_review'));
    await handle.result();
    return handle;
  },
  'send-back': async (world) => {
    const handle = await world.start(129_900);
    await world.decide(handle, 'reviewer', approve('first_review'));
    await world.decide(handle, 'approver', instead('second_review', 'send_back'));
    await world.inform(handle, 'agent', { note: 'corrected' });
    await world.decide(handle, 'reviewer', approve('first_review', 2));
    await world.decide(handle, 'approver', approve('second_review', 2));
    await world.until(handle, paid);
    return handle;
  },
  'refused-messages': async (world) => {
    const handle = await world.start(10_000);
    const typedIn = {
      commandId: 'cm_typed',
      actor: {
        kind: 'person' as const,
        id: 'key-of-reviewer',
        personId: world.shop.personIds.reviewer,
        roles: rolesOf('reviewer'),
      },
      content: approve('first_review'),
    };
    await refusalOf(handle.executeUpdate(decideStageUpdate, { args: [typedIn] }));
    await world.signalDecision(handle, 'finance', approve('first_review'));
    await world.signalDecision(handle, 'reviewer', decline('first_review'));
    await handle.result();
    return handle;
  },
  race: async (world) => {
    const handle = await world.start(10_000);
    await Promise.allSettled([
      world.decide(handle, 'reviewer', approve('first_review')),
      world.signalDecision(handle, 'reviewer2', decline('first_review')),
      world.withdraw(handle),
    ]);
    await world.until(handle, ({ status }) => ['paid', 'declined', 'withdrawn'].includes(status));
    return handle;
  },
};

const toDesk = async (world: World, handle: WorkflowHandle): Promise<void> => {
  const { stage } = await world.state(handle);
  await world.advanceTo(handle, stage?.rungs.at(-1)?.at ?? '');
  await world.until(handle, (state) => state.stage?.onDesk === true && state.stage.rungs.length === 0);
};

/** Stages that nobody decided in time. */
export const DESK: Record<string, Scenario> = {
  'escalated-to-desk': async (world) => {
    const handle = await world.start(10_000);
    await toDesk(world, handle);
    await world.decide(handle, 'approver', approve('first_review'));
    await world.until(handle, paid);
    return handle;
  },
  'desk-extended': async (world) => {
    const handle = await world.start(10_000);
    await toDesk(world, handle);
    await world.actOnDesk(handle, { act: 'extend', stage: 'first_review', businessMinutes: 240 });
    await world.actOnDesk(handle, { act: 'reassign', stage: 'first_review', role: 'approver' });
    await world.decide(handle, 'approver', decline('first_review'));
    await handle.result();
    return handle;
  },
};
