import { randomId } from '../http';
import type { SettledRow } from '../settlement';
import { exponentOf } from './currencies';
import type { Report } from './reports';
import { writeDocument } from './xml';

/** What the account held at the beginning; large, so that it never runs dry. */
const OPENING_MINOR = 1_000_000_000n;

/**
 * camt.053: the booked entries of a day with opening and closing balance and the sums of its entries. One statement a
 * currency, as for accounts that hold several.
 */
export function dayStatement(rows: readonly SettledRow[], day: string): Report {
  const id = randomId('', 20);
  const booked = rows.filter(({ status }) => status === 'succeeded' || status === 'returned');
  const currencies = [...new Set(booked.map(({ currency }) => currency))].toSorted();
  const statements = (currencies.length === 0 ? ['CNY'] : currencies).map((currency, n) =>
    statement(
      booked.filter((row) => row.currency === currency),
      { id: `${id}${n}`, day, currency },
    ),
  );
  const content = writeDocument('camt.053.001.08', {
    BkToCstmrStmt: { GrpHdr: { MsgId: id, CreDtTm: new Date().toISOString() }, Stmt: statements },
  });
  return { name: `${new Date().toISOString().replace(/\D/g, '')}-camt053-${randomId('', 8)}.xml`, content };
}

function statement(
  rows: readonly SettledRow[],
  { id, day, currency }: { id: string; day: string; currency: string },
): Record<string, unknown> {
  const sum = (status: string): bigint =>
    rows.reduce((total, row) => (row.status === status ? total + BigInt(row.amountMinor) : total), 0n);
  const debits = sum('succeeded');
  const credits = sum('returned');
  const amount = (minor: bigint) => ({ '@Ccy': currency, '#text': decimal(minor, currency) });
  const net = credits - debits;
  const balance = (code: string, minor: bigint) => ({
    Tp: { CdOrPrtry: { Cd: code } },
    Amt: amount(minor < 0n ? -minor : minor),
    CdtDbtInd: minor < 0n ? 'DBIT' : 'CRDT',
    Dt: { Dt: day },
  });
  return {
    Id: id,
    CreDtTm: new Date().toISOString(),
    FrToDt: { FrDtTm: `${day}T00:00:00Z`, ToDtTm: `${day}T23:59:59Z` },
    Acct: { Id: { Othr: { Id: 'SANDBOX' } }, Ccy: currency },
    Bal: [balance('OPBD', OPENING_MINOR), balance('CLBD', OPENING_MINOR + net)],
    TxsSummry: {
      TtlNtries: {
        NbOfNtries: String(rows.length),
        Sum: decimal(debits + credits, currency),
        TtlNetNtry: { Amt: decimal(net < 0n ? -net : net, currency), CdtDbtInd: net < 0n ? 'DBIT' : 'CRDT' },
      },
    },
    Ntry: rows.map((row) => entry(row, day)),
  };
}

function entry(row: SettledRow, day: string): Record<string, unknown> {
  const isReturn = row.status === 'returned';
  const amount = { '@Ccy': row.currency, '#text': decimal(BigInt(row.amountMinor), row.currency) };
  const bankReference = isReturn ? `${row.refundId}R` : row.refundId;
  return {
    Amt: amount,
    CdtDbtInd: isReturn ? 'CRDT' : 'DBIT',
    Sts: { Cd: 'BOOK' },
    BookgDt: { Dt: day },
    ValDt: { Dt: day },
    AcctSvcrRef: bankReference,
    BkTxCd: { Domn: { Cd: 'PMNT', Fmly: { Cd: isReturn ? 'RCDT' : 'ICDT', SubFmlyCd: isReturn ? 'RRTN' : 'OTHR' } } },
    NtryDtls: {
      TxDtls: {
        Refs: {
          MsgId: row.orderId,
          AcctSvcrRef: bankReference,
          PmtInfId: row.paymentId,
          EndToEndId: row.reference ?? 'NOTPROVIDED',
        },
        Amt: amount,
        CdtDbtInd: isReturn ? 'CRDT' : 'DBIT',
        ...(isReturn ? { RtrInf: { Rsn: { Cd: 'AC04' } } } : {}),
      },
    },
  };
}

function decimal(minor: bigint, currency: string): string {
  const exponent = exponentOf(currency);
  const digits = String(minor).padStart(exponent + 1, '0');
  return exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
