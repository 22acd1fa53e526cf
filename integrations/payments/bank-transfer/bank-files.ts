import { isCurrency, parseDecimalAmount } from '../../../domain/money';
import { parseXml, UnreadableFileError, type Element } from './xml';

/** An amount as a bank writes it; null minor units when it cannot be read in its currency. */
export interface ReportedAmount {
  amountMinor: number | null;
  currency: string;
}

/** What one place of a file of the bank says about one reference. */
export type BankStatement =
  | {
      kind: 'status';
      reference: string;
      /** ExternalPaymentTransactionStatus1Code: `ACTC`, `ACCP`, `ACSP`, `ACSC`, `RJCT`, … */
      status: string;
      reasons: string[];
      amount: ReportedAmount | null;
    }
  | {
      kind: 'entry';
      reference: string;
      direction: 'debit' | 'credit';
      booked: boolean;
      /** Why it came back; null for a credit that gives no reason, and for debits. */
      returnReason: string | null;
      amount: ReportedAmount | null;
      /** The bank's own reference of the transaction: the same wherever the transaction is reported again. */
      bankReference: string | null;
      bookedOn: string | null;
    };

/**
 * Reads a pain.002, camt.054 or camt.053 of any version: the fields that are read are the same in all that are in use.
 * @throws UnreadableFileError
 */
export function readBankFile(content: Uint8Array): BankStatement[] {
  const document = parseXml(content).one('Document');
  const statusReport = document?.one('CstmrPmtStsRpt');
  if (statusReport !== undefined) return readStatusReport(statusReport);
  const notification = document?.one('BkToCstmrDbtCdtNtfctn');
  if (notification !== undefined) return notification.all('Ntfctn', 'Ntry').flatMap(readEntry);
  const statement = document?.one('BkToCstmrStmt');
  if (statement !== undefined) return statement.all('Stmt', 'Ntry').flatMap(readEntry);
  throw new UnreadableFileError('unknown_message');
}

/** Every message of ours holds one payment, under one name, so a status of the whole message is the payment's. */
function readStatusReport(report: Element): BankStatement[] {
  const statements: BankStatement[] = [];
  const add = (
    reference: string | null,
    status: string | null,
    place: Element,
    amount: ReportedAmount | null,
  ): void => {
    if (reference === null || status === null) return;
    const reasons = place.all('StsRsnInf', 'Rsn').flatMap((reason) => reason.text('Cd') ?? reason.text('Prtry') ?? []);
    statements.push({ kind: 'status', reference, status, reasons, amount });
  };
  for (const group of report.all('OrgnlGrpInfAndSts')) {
    add(group.text('OrgnlMsgId'), group.text('GrpSts'), group, null);
  }
  for (const payment of report.all('OrgnlPmtInfAndSts')) {
    add(payment.text('OrgnlPmtInfId'), payment.text('PmtInfSts'), payment, null);
    for (const transaction of payment.all('TxInfAndSts')) {
      const amount = amountOf(transaction.one('OrgnlTxRef', 'Amt', 'InstdAmt'));
      add(transaction.text('OrgnlEndToEndId'), transaction.text('TxSts'), transaction, amount);
    }
  }
  return statements;
}

function readEntry(entry: Element): BankStatement[] {
  const details = entry.all('NtryDtls', 'TxDtls');
  // Code since version 8, a plain code before.
  const booked = (entry.text('Sts', 'Cd') ?? entry.text('Sts')) === 'BOOK';
  return details.flatMap((detail): BankStatement[] => {
    const reference = detail.text('Refs', 'EndToEndId');
    const sign = detail.text('CdtDbtInd') ?? entry.text('CdtDbtInd');
    if (reference === null || (sign !== 'DBIT' && sign !== 'CRDT')) return [];
    const own = detail.one('Amt') ?? detail.one('AmtDtls', 'TxAmt', 'Amt');
    return [
      {
        kind: 'entry',
        reference,
        direction: sign === 'DBIT' ? 'debit' : 'credit',
        booked,
        returnReason: detail.text('RtrInf', 'Rsn', 'Cd') ?? detail.text('RtrInf', 'Rsn', 'Prtry'),
        amount: amountOf(own ?? (details.length === 1 ? entry.one('Amt') : undefined)),
        bankReference: detail.text('Refs', 'AcctSvcrRef') ?? entry.text('AcctSvcrRef'),
        bookedOn: entry.text('BookgDt', 'Dt') ?? entry.text('BookgDt', 'DtTm'),
      },
    ];
  });
}

/** The amount of an element; null when there is none. */
export function amountOf(element: Element | undefined): ReportedAmount | null {
  const decimal = element?.text() ?? null;
  if (element === undefined || decimal === null) return null;
  const currency = element.attribute('Ccy') ?? '';
  if (!isCurrency(currency)) return { amountMinor: null, currency };
  try {
    // Banks may write more decimals than the currency has, as long as they are zeros.
    const plain = decimal.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
    return { amountMinor: parseDecimalAmount(plain, currency), currency };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AmountError') throw error;
    return { amountMinor: null, currency };
  }
}
