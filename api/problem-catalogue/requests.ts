import { entry, type CatalogueEntry } from './entry';

/** What any request can meet before it is looked at. */
export const REQUEST_PROBLEMS = {
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
} as const satisfies Record<string, CatalogueEntry>;
