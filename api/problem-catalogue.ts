import type { LocalizedText } from '../domain/refund';

interface CatalogueEntry {
  status: number;
  title: LocalizedText;
  /** What happened, what was kept, what to do. May hold {placeholders}. */
  detail: LocalizedText;
}

const entry = (
  status: number,
  titleEn: string,
  detailEn: string,
  titleZh: string,
  detailZh: string,
): CatalogueEntry => ({
  status,
  title: { en: titleEn, 'zh-CN': titleZh },
  detail: { en: detailEn, 'zh-CN': detailZh },
});

/** Every problem that a caller can be told. Codes are a promise to integrators: they are added, never changed. */
export const PROBLEMS = {
  // Requests that cannot be read
  invalid_request: entry(
    400,
    'The request is not valid',
    'Nothing was kept. Correct the fields named in `errors` and send the request again; unknown fields are refused so that a typing mistake never changes a refund.',
    '请求无效',
    '没有保存任何内容。请更正 `errors` 中列出的字段后重新发送；未知字段会被拒绝，以免拼写错误悄悄改变退款。',
  ),
  malformed_json: entry(
    400,
    'The body is not JSON',
    'Nothing was kept. The body could not be read as JSON in UTF-8; check brackets, commas and quotes and send it again.',
    '请求正文不是 JSON',
    '没有保存任何内容。正文无法按 UTF-8 JSON 解析；请检查括号、逗号和引号后重新发送。',
  ),
  invalid_cursor: entry(
    400,
    'The cursor is not valid',
    'Nothing was read. Use `nextCursor` from the previous page unchanged and with the same filters, or leave the cursor out to start again.',
    '分页游标无效',
    '没有读取任何内容。请原样使用上一页返回的 `nextCursor` 并保持筛选条件不变，或去掉游标从头开始。',
  ),
  card_number_in_text: entry(
    422,
    'A text holds a card number',
    'Nothing was kept. A free text field looks as if it held a payment card number; remove the number and send the request again. Redress never needs it.',
    '文本中含有银行卡号',
    '没有保存任何内容。某个自由文本字段疑似含有银行卡号；请删除后重新发送。本系统从不需要卡号。',
  ),
  body_too_large: entry(
    413,
    'The request is too large',
    'Nothing was kept. The body may have at most {limitBytes} bytes; make it smaller or split it.',
    '请求过大',
    '没有保存任何内容。正文最多 {limitBytes} 字节；请缩小或拆分后再发送。',
  ),
  unsupported_media_type: entry(
    415,
    'The content type is not supported',
    'Nothing was kept. Send this request as {expected}.',
    '不支持的内容类型',
    '没有保存任何内容。请以 {expected} 格式发送此请求。',
  ),
  not_found: entry(
    404,
    'There is nothing here',
    'The address does not exist, or it is not yours to see. Check the path against /docs.',
    '此处没有内容',
    '该地址不存在，或您无权查看。请对照 /docs 检查路径。',
  ),
  method_not_allowed: entry(
    405,
    'The method is not allowed here',
    'Nothing was done. This address answers to: {allow}.',
    '此地址不支持该方法',
    '没有执行任何操作。此地址支持：{allow}。',
  ),

  // Who may
  unauthenticated: entry(
    401,
    'A valid key is needed',
    'Nothing was done. Send `Authorization: Bearer <key>` with a key that exists and is neither expired nor revoked.',
    '需要有效的密钥',
    '没有执行任何操作。请在 `Authorization: Bearer <key>` 中发送存在、未过期且未吊销的密钥。',
  ),
  forbidden: entry(
    403,
    'This key may not do that',
    'Nothing was done. This request needs one of the roles: {roles}. Use a key of a person or system that has it.',
    '该密钥无权执行此操作',
    '没有执行任何操作。此请求需要以下角色之一：{roles}。请使用具有该角色的人员或系统的密钥。',
  ),
  rate_limited: entry(
    429,
    'Too many requests',
    'Nothing was done. Wait for the seconds named in `Retry-After`, then repeat with the same idempotency key.',
    '请求过于频繁',
    '没有执行任何操作。请等待 `Retry-After` 所示秒数后，用相同的幂等键重试。',
  ),

  // Idempotency
  idempotency_key_required: entry(
    400,
    'An Idempotency-Key is required',
    'Nothing was kept. Send the header `Idempotency-Key` with 1 to 255 visible ASCII characters, unique for this intent, and repeat it unchanged when you repeat the request.',
    '需要 Idempotency-Key',
    '没有保存任何内容。请发送 `Idempotency-Key` 头（1 至 255 个可见 ASCII 字符，每个意图唯一），重试时保持不变。',
  ),
  idempotency_key_reused: entry(
    422,
    'The Idempotency-Key was used for another request',
    'Nothing was done now; the earlier request stands as it was. Use a new key for a new request, or repeat the earlier body exactly.',
    'Idempotency-Key 已用于其他请求',
    '本次没有执行任何操作，先前的请求保持不变。新请求请使用新键，或原样重发先前的正文。',
  ),
  idempotency_in_progress: entry(
    409,
    'The same request is still running',
    'The first request with this key has not been answered yet and goes on. Repeat in a second with the same key to get its answer.',
    '相同请求仍在处理中',
    '使用此键的首个请求尚未完成，仍在继续。请一秒后用相同的键重试以获取其结果。',
  ),

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

  // Decisions and what follows
  not_your_stage: entry(
    403,
    'This stage is not yours to decide',
    'Nothing was decided. Stage {stage} is open for: {roles}. Somebody with that role must decide it.',
    '您无权审批该阶段',
    '没有作出决定。阶段 {stage} 由以下角色审批：{roles}。请由具有该角色的人员处理。',
  ),
  same_person: entry(
    403,
    'The same person may not decide this',
    'Nothing was decided. You are excluded from stage {stage} by the rule `{rule}`; another person must decide it.',
    '同一人不得审批',
    '没有作出决定。根据规则 `{rule}`，您不能审批阶段 {stage}；请由其他人员处理。',
  ),
  stale_snapshot: entry(
    409,
    'The refund has changed since you looked',
    'Nothing was decided. You saw version {seen}, version {current} stands; look at `differences`, then decide with the current version and a new idempotency key.',
    '退款内容已变化',
    '没有作出决定。您看到的是版本 {seen}，当前为版本 {current}；请查看 `differences`，再以当前版本和新的幂等键作出决定。',
  ),
  already_decided: entry(
    409,
    'This stage has been decided already',
    'Your decision did not count; the earlier one stands ({decision}, {at}). Look at the refund to see what is open now.',
    '该阶段已有决定',
    '您的决定未生效；先前的决定有效（{decision}，{at}）。请查看退款以了解当前待办阶段。',
  ),
  stage_not_open: entry(
    409,
    'This stage is not open',
    'Nothing was decided. Stage {stage} is not open now (the refund is {status}); look at the refund to see what it waits for.',
    '该阶段未开放',
    '没有作出决定。阶段 {stage} 当前未开放（退款状态为 {status}）；请查看退款以了解其等待事项。',
  ),
  amount_not_allowed: entry(
    422,
    'This amount cannot be approved',
    'Nothing was decided. An approved amount goes with `approve` alone, is above zero and at most {atMostMinor} minor units.',
    '不能批准该金额',
    '没有作出决定。批准金额只能随 `approve` 提交，须大于零且不超过 {atMostMinor}（最小货币单位）。',
  ),
  rounds_exhausted: entry(
    409,
    'It cannot be sent back again',
    'Nothing was decided. This refund has been sent back {rounds} times, which is all the policy allows; approve it, decline it or ask the customer.',
    '不能再次退回',
    '没有作出决定。该退款已退回 {rounds} 次，达到政策上限；请批准、拒绝或向客户询问。',
  ),
  nothing_awaited: entry(
    409,
    'No answer is awaited',
    'Nothing was changed. Nobody has asked for information on this refund (it is {status}); look at what it waits for.',
    '当前无需补充信息',
    '没有做任何更改。此退款当前未要求补充信息（状态为 {status}）；请查看其等待事项。',
  ),
  too_late: entry(
    409,
    'It is too late for that',
    'Nothing was changed. The refund is {status}: payment has begun or the refund is over, so it can no longer be withdrawn.',
    '已经太晚',
    '没有做任何更改。退款状态为 {status}：付款已开始或退款已结束，不能再撤回。',
  ),
  not_paid: entry(
    409,
    'The money has not been sent yet',
    'Nothing was changed. Receipt can be confirmed once the refund is paid; it is {status}.',
    '款项尚未付出',
    '没有做任何更改。退款付款完成后才能确认到账；当前状态为 {status}。',
  ),
  action_not_available: entry(
    409,
    'This action is not possible now',
    'Nothing was changed. `{act}` does not fit the state of the refund ({status}); look at the desk item for what is possible.',
    '当前不能执行该操作',
    '没有做任何更改。`{act}` 与退款当前状态（{status}）不符；请查看异常台事项支持的操作。',
  ),
  command_invalid: entry(
    409,
    'The request could not be matched',
    'Nothing was changed. The request was used already, has expired or differs from what was recorded; look at the refund and send it again with a new idempotency key.',
    '请求无法核对',
    '没有做任何更改。该请求已被使用、已过期或与记录不符；请查看退款后用新的幂等键重新提交。',
  ),
  decision_refused: entry(
    409,
    'The decision was refused',
    'Nothing was decided ({reason}). Look at the refund to see what it waits for.',
    '决定被拒绝',
    '没有作出决定（{reason}）。请查看退款以了解其等待事项。',
  ),
  desk_item_not_found: entry(
    404,
    'The desk item is not known',
    'Nothing was done. Check the id against GET /v1/desk and the mode of the key.',
    '未找到异常台事项',
    '没有执行任何操作。请对照 GET /v1/desk 检查编号及密钥模式。',
  ),

  // Evidence
  evidence_file_missing: entry(
    400,
    'A file is missing',
    'Nothing was kept. Send multipart/form-data with exactly one file in the field `file` and nothing else.',
    '缺少文件',
    '没有保存任何内容。请以 multipart/form-data 发送，且仅在字段 `file` 中包含一个文件。',
  ),
  evidence_type_not_allowed: entry(
    415,
    'This kind of file is not accepted',
    'Nothing was kept. The content of the file decides, not its name; accepted are: {accepted}.',
    '不接受此类文件',
    '没有保存任何内容。以文件内容而非文件名判断；可接受：{accepted}。',
  ),

  // Webhooks
  webhook_endpoint_not_found: entry(
    404,
    'The webhook endpoint is not known',
    'Nothing was done. Check the id against GET /v1/webhook-endpoints and the mode of the key.',
    '未找到 Webhook 端点',
    '没有执行任何操作。请对照 GET /v1/webhook-endpoints 检查编号及密钥模式。',
  ),
  webhook_delivery_not_found: entry(
    404,
    'The delivery is not known',
    'Nothing was done. Check the id against the deliveries of this endpoint.',
    '未找到投递记录',
    '没有执行任何操作。请对照该端点的投递记录检查编号。',
  ),
  webhook_delivery_pending: entry(
    409,
    'The delivery is still under way',
    'Nothing was changed. This delivery is due or being sent; a replay is possible once it was sent or given up.',
    '投递仍在进行',
    '没有做任何更改。该投递待发送或发送中；发送完成或放弃后方可重放。',
  ),
  webhook_endpoint_disabled: entry(
    409,
    'The webhook endpoint is disabled',
    'Nothing was sent. Register the address again with POST /v1/webhook-endpoints; events that follow go to the new endpoint.',
    'Webhook 端点已停用',
    '没有发送任何内容。请通过 POST /v1/webhook-endpoints 重新登记地址；之后的事件将发往新端点。',
  ),
  webhook_url_not_allowed: entry(
    422,
    'This address cannot receive webhooks',
    'Nothing was kept. Use an https address in a public network, without user name, password or fragment.',
    '该地址不能接收 Webhook',
    '没有保存任何内容。请使用公网 https 地址，且不含用户名、密码或片段。',
  ),
  too_many_webhook_endpoints: entry(
    409,
    'There are too many webhook endpoints',
    'Nothing was kept. At most {limit} endpoints may be enabled; delete one that is no longer needed.',
    'Webhook 端点过多',
    '没有保存任何内容。最多可启用 {limit} 个端点；请删除不再需要的端点。',
  ),
  notification_not_verified: entry(
    400,
    'The notification could not be verified',
    'Nothing was kept. The signature does not fit the body, is too old, or belongs to another account; check the signing secret of this provider account.',
    '通知未通过验证',
    '没有保存任何内容。签名与正文不符、已过期或属于其他账号；请检查该渠道账号的签名密钥。',
  ),
  notification_account_unknown: entry(
    404,
    'This provider account is not configured',
    'Nothing was kept. Check provider and account in the path against the configuration.',
    '未配置该渠道账号',
    '没有保存任何内容。请对照配置检查路径中的渠道和账号。',
  ),

  // The service itself
  engine_unavailable: entry(
    503,
    'The process engine does not answer',
    'The request is stored and may have counted. Repeat it with the same idempotency key after `Retry-After`; it never counts twice.',
    '流程引擎未响应',
    '请求已保存，且可能已生效。请在 `Retry-After` 之后用相同的幂等键重试；不会重复生效。',
  ),
  database_unavailable: entry(
    503,
    'The database does not answer',
    'The request was not answered and may have counted. Repeat it with the same idempotency key after `Retry-After`; it never counts twice.',
    '数据库未响应',
    '请求未得到答复，且可能已生效。请在 `Retry-After` 之后用相同的幂等键重试；不会重复生效。',
  ),
  internal_error: entry(
    500,
    'Something went wrong on our side',
    'The request may have counted. Repeat it with the same idempotency key; if it fails again, tell support the requestId.',
    '系统内部错误',
    '请求可能已生效。请用相同的幂等键重试；如仍失败，请向支持人员提供 requestId。',
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type ProblemCode = keyof typeof PROBLEMS;
