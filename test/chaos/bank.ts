import { pause } from '../../devstack/wait';
import type { DemoKeyName } from '../../prisma/seed';
import type { LocalStack } from './local-stack';

/** The customer whose account is entered, or a refund of theirs. */
export type Payee = { customerExternalId: string } | { refundId: string };

const LOOK_EVERY_MS = 500;
/** A payee's name is checked within a round of the schedule; ten killed workers on a busy machine and the cooling-off come on top. */
const ACCOUNT_WITHIN_MS = 420_000;
/** How long the shop waits for a statement before it asks the bank to repeat it. */
const STATEMENT_PATIENCE_MS = 5_000;

/** Two different persons, both of whom have to look at every file. */
const RELEASERS: readonly DemoKeyName[] = ['finance', 'finance2'];

let accounts = 0;

/**
 * Enters an account for a payee, twice and by two persons, and waits until its name has been checked.
 * @param ready whether the cooling-off must have passed as well; else a payment to it waits for that by itself
 * @returns the destination's id
 * @throws Error when that has not ended in time
 */
export async function enterAccount(stack: LocalStack, payee: Payee, ready: boolean): Promise<string> {
  accounts += 1;
  const account = {
    holderName: 'Chaos Payee',
    country: 'CN',
    accountNumber: `62220212${String(accounts).padStart(8, '0')}`,
    bankCode: '102290002916',
  };
  const entered = await stack.ask('POST', '/v1/destinations', 'agent', { ...payee, ...account });
  if (entered.status !== 201) throw new Error(`no account: ${JSON.stringify(entered.body)}`);
  const { id } = entered.body as { id: string };
  const again = await stack.ask('POST', `/v1/destinations/${id}/second-entry`, 'finance', account);
  if (again.status !== 200) throw new Error(`no second entry: ${JSON.stringify(again.body)}`);
  const endsAt = Date.now() + ACCOUNT_WITHIN_MS;
  for (;;) {
    const { body } = await stack.ask('GET', `/v1/destinations/${id}`, 'agent');
    if (ready ? body.status === 'usable' : body.payeeCheck !== null) return id;
    if (Date.now() > endsAt) throw new Error(`the account ${id} is not usable: ${JSON.stringify(body)}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** The two persons who release payment files, and who call the bank when a statement is missing. */
export interface CashDesk {
  /** The bank's statement of this payment will be lost or unreadable: it is asked for once more. */
  expectLostStatement(reference: string): void;
  /** What nobody should have seen while releasing. */
  readonly strange: string[];
  close(): Promise<void>;
}

/**
 * Opens the cash desk: whatever waits for release is looked at and approved by one person, who is refused a second word on
 * it, and then by another.
 */
export function openCashDesk(stack: LocalStack): CashDesk {
  const strange: string[] = [];
  const approved = new Set<string>();
  const lost = new Map<string, number | null>();
  let open = true;

  async function approve(file: { id: string; sha256: string }, who: DemoKeyName): Promise<void> {
    const approval = { sha256: file.sha256 };
    const path = `/v1/bank-files/${file.id}/approvals`;
    const answer = await stack.ask('POST', path, who, approval);
    if (answer.status !== 200) strange.push(`${who} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    if (who !== RELEASERS[0]) return;
    const twice = await stack.ask('POST', path, who, approval);
    if (twice.body?.code !== 'same_person')
      strange.push(`a second word of ${who} on ${file.id} was answered ${twice.status}: ${JSON.stringify(twice.body)}`);
  }

  async function release(): Promise<void> {
    const { body } = await stack.ask('GET', '/v1/bank-files?status=waiting&limit=100', 'finance');
    for (const file of body.data as { id: string; reference: string; sha256: string }[]) {
      if (approved.has(file.id)) continue;
      for (const who of RELEASERS) await approve(file, who);
      approved.add(file.id);
      if (lost.has(file.reference)) lost.set(file.reference, Date.now() + STATEMENT_PATIENCE_MS);
    }
  }

  /** The bank repeats what it has booked; what it has not booked yet is asked for at the next turn. */
  async function callTheBank(): Promise<void> {
    for (const [reference, notBefore] of lost) {
      if (notBefore === null || notBefore > Date.now()) continue;
      const url = `${stack.sandbox}/control/bank/transfers/${reference}/statement`;
      const { status } = await fetch(url, { method: 'POST' });
      if (status === 204) lost.delete(reference);
    }
  }

  const work = (async () => {
    while (open) {
      await release();
      await callTheBank();
      await pause(LOOK_EVERY_MS);
    }
  })().catch((error: unknown) => void strange.push(`the cash desk closed: ${String(error)}`));

  return {
    expectLostStatement: (reference) => void lost.set(reference, null),
    strange,
    async close() {
      open = false;
      await work;
    },
  };
}
