import { entry, type CatalogueEntry } from './entry';

/** Why nobody was put in somebody's place. */
export const DELEGATION_PROBLEMS = {
  person_not_found: entry(
    422,
    'This person is not known',
    'Nothing was changed. Nobody who works here is called {who}; use the id of Redress or that of your own staff list, of the same mode.',
    '未找到该人员',
    '没有做任何更改。未找到在职人员 {who}；请使用同一模式下的 Redress 编号或您自己的员工编号。',
  ),
  delegation_not_allowed: entry(
    422,
    'This delegation is not possible',
    'Nothing was changed: {reason} Correct it and send it with a new idempotency key.',
    '无法设置该委托',
    '没有做任何更改：{reason}请更正后使用新的幂等键重新发送。',
  ),
  delegation_overlaps: entry(
    409,
    'There is a delegation for that time already',
    'Nothing was changed. One person has one delegation or absence at a time; revoke {delegationId} first, or choose other dates.',
    '该时间段已有委托',
    '没有做任何更改。每人同一时间只能有一项委托或缺勤；请先撤销 {delegationId}，或选择其他日期。',
  ),
} as const satisfies Record<string, CatalogueEntry>;
