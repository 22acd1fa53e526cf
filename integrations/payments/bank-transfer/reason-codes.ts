import type { FailureClass } from '../../../domain/payment';

/**
 * Classes of the codes of ISO 20022's external code sets ExternalStatusReason1Code (why a payment was rejected) and
 * ExternalReturnReason1Code (why it came back). Every other code is `unknown`.
 */
const CODES_BY_CLASS: Partial<Record<FailureClass, string>> = {
  // Account number, name or bank that do not exist or do not belong together.
  wrong_account_details: 'AC01 AC02 AC03 AC14 BE01 BE04 BE05 BE06 BE22 RC01 RC03 RC04 RC07 RC11 CNOR',
  account_frozen_or_closed: 'AC04 AC05 AC06 AC07 MD07',
  insufficient_merchant_funds: 'AM04 AM14',
  provider_maintenance: 'AB05 AB06 AB07 AB08 AB09 AB10 ED05 TM01',
  refused_by_review: 'AG01 AG07 FR01 FRAD LEGL RR01 RR02 RR03 RR04 RR12',
  interface_changed: 'AG02 CH03 CH04 CH07 CH09 CH10 CH11 CH12 CH13 CH16 CH17 CH19 CH20 CH21 DT01 FF01 FF02 FF03 FF05',
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
