import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { REFUND_DUE_AT, REFUND_STAGE, REFUND_STATUS } from '../../contract';
import { formatAmount } from '../../domain/money';
import { waitingForOf } from '../../domain/refund';
import type { RefundCase } from './state';

/**
 * Shows operators where the refund stands. Details are free; a search attribute costs a history event and a write to
 * the visibility store, so it follows the stage and the end, not every step: `paying` shows when it lasts.
 * @param dueMoved what is waited for stays and its due instant does not
 */
export function show(refund: RefundCase, dueMoved = false): void {
  setCurrentDetails(detailsOf(refund));
  const { state, shown } = refund;
  const stage = state.stage?.id ?? null;
  const passing = state.status === 'paying' && state.legs.every((leg) => leg.status === 'reserved' && !leg.hold);
  if (passing || (!dueMoved && state.status === shown.status && stage === shown.stage)) return;
  refund.shown = { status: state.status, stage };
  const due = waitingForOf(state)?.dueAt ?? null;
  upsertSearchAttributes([
    { key: REFUND_STATUS, value: state.status },
    { key: REFUND_STAGE, value: stage },
    { key: REFUND_DUE_AT, value: due ? new Date(due) : null },
  ]);
}

/** What is waited for, by whom, until when: Markdown for the Temporal UI, nothing personal. */
export function detailsOf({ input, state }: RefundCase): string {
  const amount = formatAmount(state.approvedAmountMinor ?? state.amountMinor, input.currency, 'en');
  const waiting = waitingForOf(state);
  const stages = input.plan.stages.map((stage, index) => {
    const open = state.stage;
    const mark = !open ? '' : index < open.index ? ' ✓' : index === open.index ? ' ← now' : '';
    return `${index + 1}. ${stage.label.en} (${stage.label['zh-CN']})${mark}`;
  });
  return [
    `**${state.status}** · ${amount} · ${input.plan.tier} · snapshot ${state.snapshotVersion} · transition ${state.seq}`,
    '',
    waiting
      ? `Waits for **${waiting.who ?? waiting.kind}**${waiting.stage ? ` at ${waiting.stage}` : ''}${waiting.dueAt ? ` until ${waiting.dueAt}` : ''}.`
      : 'Nothing is waited for.',
    '',
    ...stages,
    ...(state.legs.some((leg) => leg.status !== 'reserved' || leg.hold)
      ? [
          '',
          ...state.legs.map(
            (leg) =>
              `- ${leg.provider} ${leg.reference}: ${leg.status}${leg.failure ? ` (${leg.failure.code})` : ''}${leg.hold ? `, held: ${leg.hold.reason}` : ''}`,
          ),
        ]
      : []),
  ].join('\n');
}
