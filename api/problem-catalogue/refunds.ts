import { entry, type CatalogueEntry } from './entry';

/** Why an order or a request for a refund is not taken. */
export const REFUND_PROBLEMS = {
  // Orders
  order_not_found: entry(
    404,
    'The order is not known',
    'Nothing was kept. Check the order id and the mode of the key, or send the order first with PUT /v1/orders/{orderExternalId}.',
    '未找到订单',
    '没有保存任何内容。请检查订单号和密钥的模式，或先通过 PUT /v1/orders/{orderExternalId} 发送该订单。',
  ),
  stale_order: entry(
    409,
    'A newer version of the order is stored',
    'Nothing was changed. Version {storedVersion} is stored and version {sentVersion} was sent; read your order again and send its latest version.',
    '已存有更新版本的订单',
    '没有做任何更改。已存版本为 {storedVersion}，收到的版本为 {sentVersion}；请重新读取订单并发送最新版本。',
  ),
  order_conflict: entry(
    409,
    'The order cannot change like that',
    'Nothing was changed. A refund refers to this order: {reason} Close or withdraw the refund first, or send the order without that change.',
    '订单不能这样更改',
    '没有做任何更改。已有退款引用此订单（{reason}）。请先结束或撤回该退款，或去掉该项更改后重新发送。',
  ),
  payment_conflict: entry(
    409,
    'The payment cannot change like that',
    'Nothing was changed. Payment {paymentExternalId}: {reason} Send it as it is stored, or correct the record in your own system.',
    '付款不能这样更改',
    '没有做任何更改。付款 {paymentExternalId} 存在冲突（{reason}）。请按已存内容发送，或在您的系统中更正。',
  ),

  // Requests for a refund
  refund_not_found: entry(
    404,
    'The refund is not known',
    'Nothing was done. No refund with this id is yours to see; check the id and the mode of the key.',
    '未找到退款',
    '没有执行任何操作。没有您可查看的此编号退款；请检查编号和密钥的模式。',
  ),
  customer_not_found: entry(
    404,
    'The customer is not known',
    'Nothing was done. Check the customer id and the mode of the key.',
    '未找到客户',
    '没有执行任何操作。请检查客户编号和密钥的模式。',
  ),
  insufficient_refundable: entry(
    409,
    'Not enough is left to refund',
    'Nothing was reserved. {refundableMinor} minor units can still be refunded on this order; ask for at most that.',
    '可退金额不足',
    '没有预留任何金额。此订单还可退 {refundableMinor}（最小货币单位）；请申请不超过该金额。',
  ),
  refundable_changed: entry(
    409,
    'The refundable amount has changed',
    'Nothing was reserved. It is now {refundableMinor} minor units, you expected {expectedMinor}; look at the order again, then repeat with a new idempotency key.',
    '可退金额已变化',
    '没有预留任何金额。现为 {refundableMinor}，您预期为 {expectedMinor}（最小货币单位）；请重新查看订单，再用新的幂等键提交。',
  ),
  duplicate_refund: entry(
    409,
    'A refund for the same is already open',
    'Nothing was reserved. Refund {refundId} is open for the same lines, or for the same amount and reason; follow that one, or withdraw it first.',
    '已有相同的退款正在处理',
    '没有预留任何金额。退款 {refundId} 已针对相同商品（或相同金额与原因）处理中；请跟进该退款，或先撤回它。',
  ),
  contradictory_facts: entry(
    422,
    'The facts contradict each other',
    'Nothing was reserved or kept. {reason} Compare the request with the order and send it again with a new idempotency key.',
    '信息相互矛盾',
    '没有预留或保存任何内容（{reason}）。请与订单核对后，用新的幂等键重新提交。',
  ),
  reason_not_available: entry(
    422,
    'The policy does not know this reason',
    'Nothing was reserved. Use one of: {reasons}.',
    '政策中没有该退款原因',
    '没有预留任何金额。请使用以下之一：{reasons}。',
  ),
  resolution_not_available: entry(
    422,
    'This resolution is not available yet',
    'Nothing was reserved. `{resolution}` cannot be carried out here; use `refund`.',
    '暂不支持该处理方式',
    '没有预留任何金额。此处尚不能执行 `{resolution}`；请使用 `refund`。',
  ),
  provider_not_configured: entry(
    422,
    'The payment provider is not configured',
    'Nothing was reserved. Payments by {provider} (account {merchantAccount}) cannot be refunded here until an administrator configures that provider.',
    '未配置该支付渠道',
    '没有预留任何金额。{provider}（商户账号 {merchantAccount}）的付款在管理员完成配置前无法在此退款。',
  ),
  evidence_not_found: entry(
    422,
    'A piece of evidence is not known',
    'Nothing was kept. Evidence {evidenceId} does not exist for this caller or belongs to another refund; upload it with POST /v1/evidence and use the id from the answer.',
    '未找到凭证',
    '没有保存任何内容。凭证 {evidenceId} 对当前调用方不存在或属于其他退款；请通过 POST /v1/evidence 上传并使用返回的编号。',
  ),
  no_eligible_person: entry(
    422,
    'Nobody could decide this',
    'Nothing was reserved. No person is left who may decide stage {stage} of this refund; ask an administrator to give somebody the role {role}.',
    '没有可审批的人员',
    '没有预留任何金额。此退款的 {stage} 阶段没有可审批的人员；请管理员将角色 {role} 授予他人。',
  ),
  policy_not_configured: entry(
    503,
    'No policy is in force',
    'Nothing was reserved. There is no refund policy in force for this request; ask an administrator to publish one, then repeat with the same idempotency key.',
    '没有生效的退款政策',
    '没有预留任何金额。当前没有适用的生效政策；请管理员发布政策后，用相同的幂等键重试。',
  ),
  calendar_not_certified: entry(
    503,
    'The business calendar ends too early',
    'Nothing was kept. Deadlines of this request reach into {year}, whose holidays nobody has confirmed; ask an administrator to certify that year in the calendar, then repeat with the same idempotency key.',
    '工作日历未覆盖所需年份',
    '没有保存任何内容。此请求的期限涉及 {year} 年，其节假日尚未确认；请管理员在日历中确认该年份后，用相同的幂等键重试。',
  ),
} as const satisfies Record<string, CatalogueEntry>;
