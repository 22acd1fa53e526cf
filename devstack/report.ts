import type { StackFile } from './home';
import type { SampleRefund, TimelineEvent } from './sample-refund';

/** Where everything is, and what to paste next. */
export function welcome(stack: StackFile, sample: SampleRefund, home: string): string {
  const { api, keys } = stack;
  return `
Redress is ready. A sample refund has gone the whole way: ${sample.id} (order ${sample.orderExternalId}).

  API          ${api}          OpenAPI ${api}/openapi.json
  API pages    ${stack.docs}
  Temporal UI  ${stack.temporal.ui}/namespaces/${stack.temporal.namespace}/workflows/refund-${sample.id}
  Inbox        ${stack.inbox}
  Sandbox      ${stack.sandbox}/ledger
  Keys, pids   ${home}/stack.json      Logs ${home}/logs/

What happened to the sample refund, and the open work of the first reviewer:

  curl -s ${api}/v1/refunds/${sample.id}/timeline -H 'Authorization: Bearer ${keys.auditor}'
  curl -s '${api}/v1/tasks?mine=true' -H 'Authorization: Bearer ${keys.reviewer}'

A refund of your own, of the shop's order SHOP-1002 (there are SHOP-1001 to SHOP-1009; SHOP-1009 was paid by bank transfer, see the README). Below CNY 200 one person decides:

  REFUND=$(curl -s ${api}/v1/refunds -H 'Authorization: Bearer ${keys.integrator}' -H 'Content-Type: application/json' \\
    -H 'Idempotency-Key: my-first-refund' \\
    -d '{"orderExternalId":"SHOP-1002","amountMinor":4500,"currency":"CNY","reasonCode":"quality","description":"the handle is broken","channel":"online","lines":[{"externalId":"L1","quantity":1}]}' \\
    | sed -n 's/.*"id": *"\\(rf_[^"]*\\)".*/\\1/p'); echo $REFUND
  curl -s ${api}/v1/refunds/$REFUND/decisions -H 'Authorization: Bearer ${keys.reviewer}' -H 'Content-Type: application/json' \\
    -H 'Idempotency-Key: my-first-decision' -d '{"stage":"first_review","decision":"approve","snapshotVersion":1}'
  curl -s ${api}/v1/refunds/$REFUND -H 'Authorization: Bearer ${keys.auditor}'

Ctrl-C stops everything; the next start takes up where this one stopped.
`;
}

/** The timeline of a refund as a table for people. */
export function timelineTable(timeline: readonly TimelineEvent[]): string {
  const rows = timeline.map(({ seq, at, type, actor, data }) => [
    String(seq),
    at.replace('T', ' ').slice(0, 19),
    type,
    actor.name ?? actor.id ?? actor.kind,
    details(data),
  ]);
  const table = [['#', 'when (UTC)', 'what', 'who', 'details'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => width(row[column] ?? ''))));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The plain values; hashes and nested parts are for the API. */
function details(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(data)
    .filter(([, value]) => (typeof value === 'string' && value.length <= 40) || typeof value === 'number')
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}

/** Columns on a terminal, where a Chinese character takes two. */
const width = (text: string): number =>
  [...text].reduce((sum, char) => sum + (/[\u1100-\uffef]/.test(char) ? 2 : 1), 0);
