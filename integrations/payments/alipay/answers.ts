import type { NotificationAnswers } from '../notification';

/**
 * Alipay takes the seven letters `success` for received and sends anything else again, up to eight times within 25 hours
 * (docs.antom.com, "Payment notification").
 */
export const ALIPAY_ANSWERS: NotificationAnswers = {
  received: { status: 200, body: 'success' },
  refused: { status: 400, body: 'fail' },
};
