import { entry, type CatalogueEntry } from './entry';

/** Stops, limits, budgets and funds of payouts. */
export const PAYOUT_PROBLEMS = {
  person_needed: entry(
    403,
    'Only a person can say this',
    'Nothing was done. Two different persons must agree here, so a key that belongs to no person counts for nothing; use a key of your own.',
    '只能由本人操作',
    '没有执行任何操作。此操作需要两名不同人员同意，不属于个人的密钥无效；请使用您本人的密钥。',
  ),
  second_person_needed: entry(
    403,
    'Another person must confirm this',
    'Nothing was done. You proposed this yourself; another person with the role finance or admin must confirm it, whatever key you use.',
    '需由他人确认',
    '没有执行任何操作。该提议由您本人发起；无论使用哪个密钥，都须由另一名具有 finance 或 admin 角色的人员确认。',
  ),
  proposal_expired: entry(
    409,
    'The proposal is too old',
    'Nothing was done. A proposal that nobody confirms within 24 hours is void; propose it again.',
    '提议已过期',
    '没有执行任何操作。24 小时内无人确认的提议作废；请重新提议。',
  ),
  nothing_to_confirm: entry(
    409,
    'Nothing waits for this',
    'Nothing was done. It stands at `{state}`; read the list to see what can follow.',
    '没有待确认的事项',
    '没有执行任何操作。当前状态为 `{state}`；请查看列表以了解可执行的操作。',
  ),
  stale_balance: entry(
    409,
    'A later balance is stated already',
    'Nothing was changed. The balance that stands is of a later instant than yours; read GET /v1/funds and state the balance of now.',
    '已有更新的余额',
    '没有做任何更改。已登记的余额时间晚于您提供的时间；请查看 GET /v1/funds 并登记当前余额。',
  ),
  payout_stop_not_found: entry(
    404,
    'The payout stop is not known',
    'Nothing was done. Check the id against GET /v1/payout-stops and the mode of the key.',
    '未找到付款暂停',
    '没有执行任何操作。请对照 GET /v1/payout-stops 检查编号及密钥模式。',
  ),
  payout_limit_not_found: entry(
    404,
    'The payout limit is not known',
    'Nothing was done. Check the id against GET /v1/payout-limits and the mode of the key.',
    '未找到付款限额',
    '没有执行任何操作。请对照 GET /v1/payout-limits 检查编号及密钥模式。',
  ),
  goodwill_budget_not_found: entry(
    404,
    'The goodwill budget is not known',
    'Nothing was done. Check the id against GET /v1/goodwill-budgets and the mode of the key.',
    '未找到补偿预算',
    '没有执行任何操作。请对照 GET /v1/goodwill-budgets 检查编号及密钥模式。',
  ),
} as const satisfies Record<string, CatalogueEntry>;
