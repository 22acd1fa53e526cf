/**
 * What is known, at the instant of a request, of the customer's other requests and purchases and of what came with this one:
 * counts and amounts only, so that they can be kept for ever. "Other" never counts the request itself; a year has 365 days, a
 * month 30; amounts are minor units of the request's currency.
 */
export interface RiskFacts {
  /** Other requests of the customer in the last 24 hours. */
  requestsDay: number;
  requestsMonth: number;
  requestsYear: number;
  /** Orders that were placed within a year, the one of this request included if it was. */
  ordersYear: number;
  /** What was captured for them. */
  purchasedYearMinor: number;
  /** What the other requests of the year ask for or were paid. */
  refundedYearMinor: number;
  /** Other requests of the same amount within 14 days that came by another channel. */
  otherChannels: number;
  /** Pieces of evidence whose content another refund has already. */
  evidenceReused: number;
  /** Other customers who use the payee's account. */
  payeeShared: number;
  /** Whether the payee's account is that of a member of staff who is not this customer. */
  payeeIsStaff: boolean;
  /** Entries in force that state an earlier untrue statement. */
  untrueStatements: number;
}
