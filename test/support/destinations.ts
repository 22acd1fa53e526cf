import type { Client } from '@temporalio/client';
import { sealAccount } from '../../api/sealed-accounts';
import { REFUNDS_QUEUE, TEND_BANK_TRANSFERS_TYPE } from '../../contract';
import type { BankAccount, PayeeCheck } from '../../domain/destination';
import {
  approveBankFile,
  createDestination,
  enterDestinationAgain,
  newId,
  recordPayeeCheck,
  type BankFileRecord,
  type Database,
  type DestinationRecord,
} from '../../store';
import { testCipher } from './data-keys';
import type { Shop, StaffName } from './shop';

/** An account that looks like a card number, with a holder that stands nowhere else. */
export const CANARY_ACCOUNT: BankAccount = {
  holderName: 'Canary Wangxiaoming',
  country: 'CN',
  account: { number: '6222021234567894', bankCode: '102290002916' },
};

/** Texts of it that must stand nowhere in plain. */
export const CANARIES = ['6222021234567894', '622202123', 'Wangxiaoming', '102290002916'];

/** Enters an account for the shop's customer, as the API does, as far as `until` says. */
export async function enterDestination(
  db: Database,
  shop: Shop,
  options: {
    account?: BankAccount;
    until?: 'draft' | 'entered_twice' | 'checked';
    payeeCheck?: PayeeCheck;
    coolingOffMs?: number;
    refundId?: string;
    at?: string;
  } = {},
): Promise<DestinationRecord> {
  const { account = CANARY_ACCOUNT, until = 'checked', at = new Date().toISOString() } = options;
  const row = { id: newId('ds'), mode: 'test' as const };
  const command = (kind: 'enter_destination' | 'enter_destination_again', who: 'agent' | 'finance') =>
    shop.command({ kind, refundId: '', who, body: {}, at });
  const entered = await createDestination(
    db,
    {
      ...row,
      ...sealAccount(testCipher(), account, row),
      customerId: shop.customerId,
      refundId: options.refundId ?? null,
      replacesId: null,
      by: { kind: 'person', id: shop.personIds.agent },
      commandId: (await command('enter_destination', 'agent')).id,
    },
    at,
  );
  if (entered === 'cannot_replace') throw new Error('Nothing is replaced here.');
  if (until === 'draft') return entered;
  const again = await enterDestinationAgain(
    db,
    row,
    {
      by: { kind: 'person', id: shop.personIds.finance },
      commandId: (await command('enter_destination_again', 'finance')).id,
    },
    () => true,
    options.coolingOffMs ?? 0,
    at,
  );
  if (again?.verdict.kind !== 'equal') throw new Error('The second entry was refused.');
  if (until === 'checked') await recordPayeeCheck(db, row, options.payeeCheck ?? 'match', at);
  return again.destination;
}

/** What the API and the worker judge a release by. */
export const PAYOUT_SETTINGS = { balanceMaxAgeMs: 7 * 86_400_000 };

/** One person's approval of a file that waits, as the API records it. @throws Error when it is refused */
export async function approveFile(
  db: Database,
  shop: Shop,
  file: { id: string; sha256: string },
  who: StaffName,
): Promise<BankFileRecord> {
  const command = await shop.command({ kind: 'approve_bank_file', refundId: '', who, body: {} });
  const approval = { personId: shop.personIds[who], sha256: file.sha256, at: new Date().toISOString() };
  const outcome = await approveBankFile(
    db,
    { id: file.id, mode: 'test' },
    { ...approval, commandId: command.id },
    PAYOUT_SETTINGS,
  );
  if (outcome?.refusal !== null) throw new Error(`Refused: ${outcome?.refusal}`);
  return outcome.file;
}

let rounds = 0;

/** One round of what the schedule starts, by the worker's activities; answers the id of its workflow. */
export async function tendBankTransfers(client: Client): Promise<string> {
  const workflowId = `tend-${(rounds += 1)}`;
  await client.workflow.execute(TEND_BANK_TRANSFERS_TYPE, { workflowId, taskQueue: REFUNDS_QUEUE, args: [] });
  return workflowId;
}
