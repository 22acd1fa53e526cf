import type { FailureClass } from '../../../domain/payment';

/**
 * Classes of the codes of ISO 20022's external code sets ExternalStatusReason1Code (why a payment was rejected) and
 * ExternalReturnReason1Code (why it came back). A code that is missing here is `unknown`, so that a person looks.
 */
export const CODES_BY_CLASS: Partial<Record<FailureClass, string>> = {
  // The payee's account, name or bank does not exist, does not belong together, or takes no transfers.
  wrong_account_details: 'AC01 AC03 AC14 AG01 AG03 BE01 BE04 BE06 BE22 CNOR RC01 RC04 RC07 RR03',
  account_frozen_or_closed: 'AC04 AC06 AC07 MD07',
  insufficient_merchant_funds: 'AM04',
  provider_maintenance: 'AB05 AB06 AB07 AB08 AB09 AB10 ED05 TM01',
  refused_by_review: 'FR01 FRAD LEGL RR04',
  // Our own account, our own data or our file: nothing that a customer could put right.
  interface_changed:
    'AC02 AC05 AC13 AG02 BE05 CH03 CH04 CH07 CH09 CH10 CH11 CH12 CH13 CH16 CH17 CH19 CH20 CH21 DNOR DT01 FF01 FF02 FF03 ' +
    'FF05 RC03 RR01 RR02',
  // Codes that give no reason, or one that a person has to read: not specified, narrative, on somebody's request.
  unknown: 'CUST FOCR MS02 MS03 NARR NOOR UPAY',
};

const CLASS_OF_CODE: ReadonlyMap<string, FailureClass> = new Map(
  Object.entries(CODES_BY_CLASS).flatMap(([failureClass, codes]) =>
    codes.split(' ').map((code) => [code, failureClass as FailureClass] as const),
  ),
);

/** Rejections of a repetition: they say nothing against the payment that is being repeated. */
const DUPLICATES: ReadonlySet<string> = new Set(['AM05', 'DU01', 'DU02', 'DU03', 'DU04', 'DU05']);

export function classOfReason(code: string): FailureClass {
  return CLASS_OF_CODE.get(code) ?? 'unknown';
}

export function isDuplicateReason(code: string): boolean {
  return DUPLICATES.has(code);
}
