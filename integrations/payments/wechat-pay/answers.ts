import type { NotificationAnswers } from '../notification';

/**
 * WeChat Pay takes 200 or 204 with an empty body for received, within 3 to 5 seconds, and sends everything else again for a
 * day; a refusal says FAIL and why (pay.weixin.qq.com, "退款结果通知").
 */
export const WECHAT_PAY_ANSWERS: NotificationAnswers = {
  received: { status: 200, body: null },
  refused: { status: 401, body: { code: 'FAIL', message: 'The notification could not be verified.' } },
};
