import { entry, type CatalogueEntry } from './entry';

/** Disputes and payments that people freeze. */
export const DISPUTE_PROBLEMS = {
  dispute_not_found: entry(
    404,
    'The dispute is not known',
    'Nothing was done. Check the id against GET /v1/disputes and the mode of the key.',
    '未找到争议',
    '没有执行任何操作。请对照 GET /v1/disputes 检查编号及密钥模式。',
  ),
  dispute_of_provider: entry(
    409,
    'Only the provider ends this dispute',
    'Nothing was done; the payment stays frozen. The provider told of this dispute: answer it in the console of the provider, whose own word ends it here.',
    '该争议只能由支付机构结束',
    '没有执行任何操作，该付款仍处于冻结状态。该争议由支付机构通知：请在其后台处理，支付机构通知结果后争议即结束。',
  ),
  payment_unknown: entry(
    404,
    'No order states this payment',
    'Nothing was frozen. Check the names of the payment and the mode of the key; if its order was not sent yet, send it with PUT /v1/orders and repeat. A payout stop holds a whole account at once.',
    '没有订单包含该付款',
    '没有冻结任何付款。请检查付款编号及密钥模式；如订单尚未提交，请先通过 PUT /v1/orders 提交后重试。付款暂停可立即停止整个账户的付款。',
  ),
} as const satisfies Record<string, CatalogueEntry>;
