import { randomId } from '../http';
import { writeDocument } from './xml';
import type { TransferRow } from './state';

/** A file that the bank leaves for its customer. */
export interface Report {
  readonly name: string;
  readonly content: string;
}

type Named = Pick<TransferRow, 'messageId' | 'paymentInformationId' | 'endToEndId' | 'amount' | 'currency'>;

/** pain.002: how far a payment got, or why it is refused. */
export function statusReport(transfer: Named, status: string, reason?: string): Report {
  return report('pain002', 'pain.002.001.10', (id, now) => ({
    CstmrPmtStsRpt: {
      GrpHdr: { MsgId: id, CreDtTm: now },
      OrgnlGrpInfAndSts: { OrgnlMsgId: transfer.messageId, OrgnlMsgNmId: 'pain.001.001.09' },
      OrgnlPmtInfAndSts: {
        OrgnlPmtInfId: transfer.paymentInformationId,
        TxInfAndSts: {
          StsId: id,
          OrgnlEndToEndId: transfer.endToEndId,
          TxSts: status,
          ...(reason === undefined ? {} : { StsRsnInf: { Rsn: { Cd: reason } } }),
          OrgnlTxRef: { Amt: { InstdAmt: { '@Ccy': transfer.currency, '#text': transfer.amount } } },
        },
      },
    },
  }));
}

/** pain.002 about a whole message that was not taken in. */
export function messageRefused(messageId: string, reason: string, explanation: string): Report {
  return report('pain002', 'pain.002.001.10', (id, now) => ({
    CstmrPmtStsRpt: {
      GrpHdr: { MsgId: id, CreDtTm: now },
      OrgnlGrpInfAndSts: {
        OrgnlMsgId: messageId,
        OrgnlMsgNmId: 'pain.001.001.09',
        GrpSts: 'RJCT',
        StsRsnInf: { Rsn: { Cd: reason }, AddtlInf: explanation.slice(0, 105) },
      },
    },
  }));
}

/** camt.054: a booked debit, or the credit by which the money came back. */
export function bookingNotice(transfer: TransferRow, returnReason?: string): Report {
  const amount = { '@Ccy': transfer.currency, '#text': transfer.amount };
  const isReturn = returnReason !== undefined;
  const bankReference = isReturn ? `${transfer.bankReference}R` : transfer.bankReference;
  return report('camt054', 'camt.054.001.08', (id, now) => ({
    BkToCstmrDbtCdtNtfctn: {
      GrpHdr: { MsgId: id, CreDtTm: now },
      Ntfctn: {
        Id: id,
        CreDtTm: now,
        Acct: { Id: { Othr: { Id: 'SANDBOX' } } },
        Ntry: {
          Amt: amount,
          CdtDbtInd: isReturn ? 'CRDT' : 'DBIT',
          Sts: { Cd: 'BOOK' },
          BookgDt: { Dt: now.slice(0, 10) },
          AcctSvcrRef: bankReference,
          BkTxCd: {
            Domn: { Cd: 'PMNT', Fmly: { Cd: isReturn ? 'RCDT' : 'ICDT', SubFmlyCd: isReturn ? 'RRTN' : 'OTHR' } },
          },
          NtryDtls: {
            TxDtls: {
              Refs: {
                MsgId: transfer.messageId,
                AcctSvcrRef: bankReference,
                PmtInfId: transfer.paymentInformationId,
                EndToEndId: transfer.endToEndId,
              },
              Amt: amount,
              CdtDbtInd: isReturn ? 'CRDT' : 'DBIT',
              ...(isReturn ? { RtrInf: { Rsn: { Cd: returnReason } } } : {}),
            },
          },
        },
      },
    },
  }));
}

/** The same words under a new name, as a bank that sends a report again. */
export function again({ content }: Report): Report {
  return { name: nameOf('again'), content };
}

/** Cut off in the middle, as by a transfer that broke. */
export function broken({ name, content }: Report): Report {
  return { name, content: content.slice(0, content.lastIndexOf('</NtryDtls>')) };
}

function report(
  kind: string,
  namespace: string,
  content: (id: string, now: string) => Readonly<Record<string, unknown>>,
): Report {
  const id = randomId('', 20);
  return { name: nameOf(kind), content: writeDocument(namespace, content(id, new Date().toISOString())) };
}

/** Names sort by the time of their making, as far as milliseconds tell. */
const nameOf = (kind: string): string =>
  `${new Date().toISOString().replace(/\D/g, '')}-${kind}-${randomId('', 8)}.xml`;
