import type { SettlementLine } from '../../../domain/reconciliation';
import { SettlementUnreadableError } from '../settlement';
import { amountOf } from './bank-files';
import { parseXml, UnreadableFileError, type Element } from './xml';

/** The refunds of one camt.053 statement. */
export interface DayStatement {
  /** The booking day that the statement closes. */
  day: string;
  lines: SettlementLine[];
}

/** What `newReference` makes: such a name is ours wherever it stands. */
const OUR_REFERENCE = /^R[0-9A-HJKMNP-TV-Z]{25}$/;

/**
 * The statements of a camt.053 of any version; null for a file of another kind.
 * @throws SettlementUnreadableError for a file that cannot be read, or whose balances or sums are not those of its entries
 */
export function readDayStatements(content: Uint8Array): DayStatement[] | null {
  try {
    const report = parseXml(content).one('Document', 'BkToCstmrStmt');
    return report === undefined ? null : report.all('Stmt').map(readStatement);
  } catch (error) {
    if (error instanceof UnreadableFileError) throw unreadable(error.code, error);
    throw error;
  }
}

function readStatement(statement: Element): DayStatement {
  const id = statement.text('Id');
  const closing = balanceOf(statement, 'CLBD');
  const day = closing?.day ?? statement.text('FrToDt', 'ToDtTm')?.slice(0, 10) ?? null;
  if (id === null || day === null || !/^\d{4}-\d\d-\d\d$/.test(day)) throw unreadable('no_day');
  const entries = statement.all('Ntry');
  checkSums(statement, entries, closing);
  const lines = entries.flatMap((entry, n) => {
    const isBooked = (entry.text('Sts', 'Cd') ?? entry.text('Sts')) === 'BOOK';
    return isBooked ? linesOf(entry, `${id}:${n + 1}`, day) : [];
  });
  return { day, lines };
}

/** An account has other movements than refunds: a line is one that carries a reference of ours. */
function linesOf(entry: Element, key: string, day: string): SettlementLine[] {
  const details = entry.all('NtryDtls', 'TxDtls');
  return details.flatMap((detail, n): SettlementLine[] => {
    const reference = detail.text('Refs', 'EndToEndId');
    const isOurs =
      reference !== null && (OUR_REFERENCE.test(reference) || reference === detail.text('Refs', 'PmtInfId'));
    if (!isOurs) return [];
    const sign = detail.text('CdtDbtInd') ?? entry.text('CdtDbtInd');
    const own = detail.one('Amt') ?? detail.one('AmtDtls', 'TxAmt', 'Amt');
    const amount = amountOf(own ?? (details.length === 1 ? entry.one('Amt') : undefined));
    if (amount?.amountMinor == null || (sign !== 'DBIT' && sign !== 'CRDT')) throw unreadable('entry');
    const bookedOn = (entry.text('BookgDt', 'Dt') ?? entry.text('BookgDt', 'DtTm') ?? day).slice(0, 10);
    return [
      {
        key: `${key}.${n + 1}`,
        reference,
        // Our own name of the transfer is what the bank knows it by; its booking number is a trace.
        providerRefundId: reference,
        providerPaymentIds: [],
        amountMinor: amount.amountMinor,
        currency: amount.currency,
        at: `${bookedOn}T12:00:00.000Z`,
        status: sign === 'DBIT' ? 'succeeded' : 'returned',
        feeMinor: null,
        settled: null,
      },
    ];
  });
}

interface Balance {
  /** Positive: in credit. */
  minor: number;
  day: string | null;
}

function balanceOf(statement: Element, ...codes: string[]): Balance | null {
  const found = statement.all('Bal').find((one) => codes.includes(one.text('Tp', 'CdOrPrtry', 'Cd') ?? ''));
  const amount = amountOf(found?.one('Amt'));
  if (found === undefined) return null;
  if (amount?.amountMinor == null) throw unreadable('balance');
  const day = found.text('Dt', 'Dt') ?? found.text('Dt', 'DtTm')?.slice(0, 10) ?? null;
  return { minor: found.text('CdtDbtInd') === 'DBIT' ? -amount.amountMinor : amount.amountMinor, day };
}

/** A statement carries its own proof, where the bank writes it: from one balance by the entries to the other. */
function checkSums(statement: Element, entries: readonly Element[], closing: Balance | null): void {
  const opening = balanceOf(statement, 'OPBD', 'PRCD');
  let net = 0;
  for (const entry of entries) {
    if ((entry.text('Sts', 'Cd') ?? entry.text('Sts')) !== 'BOOK') continue;
    const minor = amountOf(entry.one('Amt'))?.amountMinor;
    const sign = entry.text('CdtDbtInd');
    if (minor == null || (sign !== 'DBIT' && sign !== 'CRDT')) throw unreadable('entry');
    net += sign === 'DBIT' ? -minor : minor;
  }
  if (opening !== null && closing !== null && opening.minor + net !== closing.minor)
    throw unreadable('balance_differs');
  const count = statement.text('TxsSummry', 'TtlNtries', 'NbOfNtries');
  if (count !== null && count !== String(entries.length)) throw unreadable('entries_missing');
}

const unreadable = (code: string, cause?: unknown): SettlementUnreadableError =>
  new SettlementUnreadableError('bank_transfer', code, cause === undefined ? {} : { cause });
