import { createHash } from 'node:crypto';
import { XMLBuilder } from 'fast-xml-parser';
import { electronicFormatIBAN, isValidBIC, isValidIBAN } from 'ibantools';
import { toDecimalString } from '../../../domain/money';
import type { BankDestination } from './options';
import { parseXml } from './xml';

export const PAIN_001 = 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09';

/** One payment as it shall stand in the file. */
export interface TransferOrder {
  /** MsgId, PmtInfId, InstrId and EndToEndId alike: one instruction a file, so one name for all. */
  reference: string;
  /** ISO 4217 minor units. */
  amountMinor: number;
  currency: string;
  debtor: BankDestination;
  payee: BankDestination;
  /** ISO instant of the instruction. */
  createdAt: string;
}

/** Why an account cannot be paid to, as a code; null when it can. */
export function accountProblem({ name, account, bic, bankCode }: BankDestination): string | null {
  if (printable(name, MAX_NAME) === '') return 'no_payee_name';
  if ('iban' in account && !isValidIBAN(compact(account.iban))) return 'invalid_iban';
  // Restricted to what every bank's character set holds; 34 is the field's length.
  if ('number' in account && !/^[A-Za-z0-9][A-Za-z0-9 -]{0,33}$/.test(account.number)) return 'invalid_account_number';
  if (bic !== undefined && !isValidBIC(bic)) return 'invalid_bic';
  // MmbId is Max35Text.
  if (bankCode !== undefined && !/^[A-Z0-9]{1,35}$/.test(bankCode.id)) return 'invalid_bank_code';
  return null;
}

/** The account as the file names it: an IBAN without spaces in capitals, or the number as it is. */
export function accountText({ account }: BankDestination): string {
  return 'iban' in account ? compact(account.iban) : account.number;
}

const MAX_NAME = 140;
const MAX_REFERENCE = 35;

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  format: true,
  suppressEmptyNode: true,
});

/**
 * The customer credit transfer initiation pain.001.001.09 with one instruction. Children stand in the order of the schema.
 * The bytes are read back and compared before they are given out.
 * @throws Error for a reference that is not 1 to 35 characters of A–Z0–9, or an account with an `accountProblem`
 */
export function buildPain001(order: TransferOrder): { content: Buffer; sha256: string } {
  const { reference, currency, debtor, payee } = order;
  if (!/^[A-Z0-9]+$/.test(reference) || reference.length > MAX_REFERENCE) {
    throw new Error('A reference is 1 to 35 characters of A–Z0–9.');
  }
  const problem = accountProblem(payee) ?? accountProblem(debtor);
  if (problem !== null) throw new Error(`The account cannot stand in a payment file: ${problem}.`);
  const amount = toDecimalString(order.amountMinor, currency);
  const totals = { NbOfTxs: '1', CtrlSum: amount };
  const document = {
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    Document: {
      '@xmlns': PAIN_001,
      CstmrCdtTrfInitn: {
        GrpHdr: { MsgId: reference, CreDtTm: order.createdAt, ...totals, InitgPty: { Nm: nameOf(debtor) } },
        PmtInf: {
          PmtInfId: reference,
          PmtMtd: 'TRF',
          ...totals,
          ReqdExctnDt: { Dt: order.createdAt.slice(0, 10) },
          Dbtr: { Nm: nameOf(debtor) },
          DbtrAcct: { Id: accountId(debtor), Ccy: currency },
          DbtrAgt: agent(debtor) ?? { FinInstnId: { Othr: { Id: 'NOTPROVIDED' } } },
          CdtTrfTxInf: {
            PmtId: { InstrId: reference, EndToEndId: reference },
            Amt: { InstdAmt: { '@Ccy': currency, '#text': amount } },
            ...(agent(payee) === null ? {} : { CdtrAgt: agent(payee) }),
            Cdtr: { Nm: nameOf(payee) },
            CdtrAcct: { Id: accountId(payee) },
            RmtInf: { Ustrd: `Refund ${reference}` },
          },
        },
      },
    },
  };
  const content = Buffer.from(builder.build(document), 'utf8');
  verify(content, order, amount);
  return { content, sha256: createHash('sha256').update(content).digest('hex') };
}

/** A file that says anything else than what was ordered must never exist. */
function verify(content: Buffer, order: TransferOrder, amount: string): void {
  const initiation = parseXml(content).one('Document', 'CstmrCdtTrfInitn');
  const transfers = initiation?.all('PmtInf', 'CdtTrfTxInf') ?? [];
  const [transfer] = transfers;
  const instructed = transfer?.one('Amt', 'InstdAmt');
  const account = transfer?.one('CdtrAcct', 'Id');
  const same =
    transfers.length === 1 &&
    transfer?.text('PmtId', 'EndToEndId') === order.reference &&
    initiation?.text('GrpHdr', 'MsgId') === order.reference &&
    instructed?.text() === amount &&
    instructed.attribute('Ccy') === order.currency &&
    (account?.text('IBAN') ?? account?.text('Othr', 'Id')) === accountText(order.payee);
  if (!same) throw new Error(`The payment file of ${order.reference} does not say what was ordered.`);
}

function accountId(party: BankDestination): Record<string, unknown> {
  const text = accountText(party);
  return 'iban' in party.account ? { IBAN: text } : { Othr: { Id: text } };
}

/** Children of FinInstnId in the order of the schema: BICFI, then ClrSysMmbId. */
function agent({ bic, bankCode }: BankDestination): Record<string, unknown> | null {
  if (bic === undefined && bankCode === undefined) return null;
  return {
    FinInstnId: {
      ...(bic === undefined ? {} : { BICFI: bic }),
      ...(bankCode === undefined
        ? {}
        : {
            ClrSysMmbId: {
              ...(bankCode.system === null ? {} : { ClrSysId: { Cd: bankCode.system } }),
              MmbId: bankCode.id,
            },
          }),
    },
  };
}

const nameOf = (party: BankDestination): string => printable(party.name, MAX_NAME);

/** Without what XML cannot hold: control characters, lone surrogates, the two non-characters. */
function printable(text: string, maxLength: number): string {
  // oxlint-disable-next-line no-control-regex
  const clean = text.replace(/\p{Surrogate}+/gu, ' ').replace(/[\u0000-\u001F\u007F-\u009F\uFFFE\uFFFF]+/g, ' ');
  return [...clean.trim()].slice(0, maxLength).join('').trim();
}

const compact = (iban: string): string => electronicFormatIBAN(iban) ?? '';
