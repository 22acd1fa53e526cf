import { entry, type CatalogueEntry } from './entry';

/** Why a payee's account, or a file of payments, is not taken. */
export const DESTINATION_PROBLEMS = {
  destinations_not_configured: entry(
    503,
    'Accounts cannot be kept here',
    'Nothing was kept. This installation has no keys to seal accounts with; ask an administrator to set DATA_KEYS and DATA_INDEX_KEY.',
    '无法保存收款账户',
    '没有保存任何内容。本系统没有用于加密账户的密钥；请管理员设置 DATA_KEYS 和 DATA_INDEX_KEY。',
  ),
  destination_required: entry(
    422,
    'An account to pay to is needed',
    'Nothing was reserved. The order was paid by bank transfer, and no way leads back; enter the payee’s account with POST /v1/destinations and name it in `destinationId`.',
    '需要收款账户',
    '没有预留任何金额。该订单通过银行转账支付，无法原路退回；请通过 POST /v1/destinations 录入收款账户，并在 `destinationId` 中填写。',
  ),
  destination_not_needed: entry(
    422,
    'The money goes back the way it came',
    'Nothing was reserved. Every payment of this request is refunded to where it came from; leave `destinationId` out.',
    '款项将原路退回',
    '没有预留任何金额。此请求的各笔付款均原路退回；请去掉 `destinationId`。',
  ),
  destination_not_found: entry(
    422,
    'The destination cannot be used',
    'Nothing was reserved. {destinationId} is no account of this customer, or it is revoked; enter another one with POST /v1/destinations.',
    '收款账户不可用',
    '没有预留任何金额。{destinationId} 不是该客户的账户，或已被撤销；请通过 POST /v1/destinations 录入其他账户。',
  ),
  destination_not_replaceable: entry(
    409,
    'This destination cannot be replaced',
    'Nothing was kept. The destination that `replaces` names is not this customer’s, is revoked, or has been replaced already; enter the account without `replaces`.',
    '该收款账户不能被替换',
    '没有保存任何内容。`replaces` 所指的账户不属于该客户、已被撤销或已被替换；请不带 `replaces` 重新录入。',
  ),
  destination_not_draft: entry(
    409,
    'The account has been entered twice already',
    'Nothing was changed. The destination is {status}; look at it to see what it waits for.',
    '账户已完成两次录入',
    '没有做任何更改。该账户状态为 {status}；请查看其等待事项。',
  ),
  entries_differ: entry(
    409,
    'The two entries differ',
    'The account was not taken, and the difference was counted: {left} more are allowed. Compare with the payee’s own words and enter it again with a new idempotency key.',
    '两次录入不一致',
    '账户未被接受，已记录一次不一致：还允许 {left} 次。请与收款人核对后，用新的幂等键重新录入。',
  ),
  destination_revoked: entry(
    409,
    'The destination is revoked',
    'No money goes to this account any more ({reason}). Enter the account anew with POST /v1/destinations.',
    '收款账户已撤销',
    '不再向该账户付款（{reason}）。请通过 POST /v1/destinations 重新录入。',
  ),
  nothing_to_confirm: entry(
    409,
    'There is no name to confirm',
    'Nothing was changed. Only a name of which the bank says close_match or unavailable is confirmed, once; look at `payeeCheck` of the destination.',
    '没有需要确认的户名',
    '没有做任何更改。只有银行返回 close_match 或 unavailable 的户名才需确认，且只需一次；请查看该账户的 `payeeCheck`。',
  ),
  other_content: entry(
    409,
    'This is not the file that you saw',
    'Nothing was approved. The file that waits has another SHA-256; read it again and approve what it says now.',
    '文件内容与您所见不同',
    '没有批准任何内容。待放行文件的 SHA-256 不同；请重新查看后再批准。',
  ),
  already_released: entry(
    409,
    'The file is released already',
    'Your approval did not count: two persons have released these bytes before.',
    '文件已放行',
    '您的批准未生效：此前已有两人放行该文件。',
  ),
} as const satisfies Record<string, CatalogueEntry>;
