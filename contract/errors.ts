/** Failure types that cross process borders; retry policies and the API match them by string. */
export const FAILURE_TYPES = {
  /** An update was refused; the refusal's code is in the details. */
  refused: 'Refused',
  /** Postgres and the workflow disagree about what happened: a person must look. */
  historyConflict: 'HistoryConflict',
  /** The workflow does not belong to an accepted refund, or its plan is another one. */
  notAccepted: 'NotAccepted',
  /** The provider refuses for good. */
  paymentRefused: 'PaymentRefused',
} as const;
