import { entry, type CatalogueEntry } from './entry';

/** Evidence, webhooks and the service itself. */
export const SURROUNDING_PROBLEMS = {
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
  evidence_unreadable: entry(
    422,
    'The image cannot be read',
    'It begins like an image but is damaged or far too large in pixels. An upload was not kept: send another one. What was kept before images were checked, finance and auditors read as it came.',
    '无法读取该图片',
    '文件开头为图片格式，但已损坏或像素过大。上传的内容没有保存，请更换文件；早期未经检查的图片由退单处理员和审计员按原文件查看。',
  ),
  evidence_infected: entry(
    422,
    'The file was refused by the malware scanner',
    'Nothing was kept; the refusal is on record with the hash of the file. Check the device that it comes from.',
    '文件未通过恶意软件扫描',
    '没有保存任何内容；拒绝记录已连同文件哈希保存。请检查文件来源设备。',
  ),
  evidence_unavailable: entry(
    503,
    'Evidence cannot be taken or shown right now',
    'Nothing was kept. The storage or the malware scanner cannot be reached, or what is stored is not what was uploaded; repeat with the same key.',
    '暂时无法接收或显示证据',
    '没有保存任何内容。存储或扫描服务暂不可用，或所存内容与上传时不一致；请使用相同的密钥重试。',
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

  // Reconciliation
  reconciliation_not_found: entry(
    404,
    'There is no such reconciliation',
    'Check the id against `GET /v1/reconciliations`; runs of the other mode are not shown.',
    '对账任务不存在',
    '请通过 `GET /v1/reconciliations` 核对编号；另一模式的对账任务不会显示。',
  ),
  reconciliation_day_not_over: entry(
    422,
    'That day is not over',
    'Nothing was started. A day can be compared when it is over in UTC, and not more than {limit} days later; choose a day from {from} to {to}.',
    '该日尚未结束',
    '没有启动任何任务。只能核对按 UTC 已结束、且不超过 {limit} 天的日期；请选择 {from} 至 {to} 之间的日期。',
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
