import { entry, type CatalogueEntry } from './entry';

/** Why a decision, or what follows it, does not count. */
export const DECISION_PROBLEMS = {
  // Decisions and what follows
  not_your_stage: entry(
    403,
    'This stage is not yours to decide',
    'Nothing was decided. Stage {stage} is open for: {roles}. Somebody with that role must decide it, or whoever stands in for them now, as far as their cap goes.',
    '您无权审批该阶段',
    '没有作出决定。阶段 {stage} 由以下角色审批：{roles}。请由具有该角色的人员处理，或由其当前的受托人在授权额度内处理。',
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
    'Nothing was changed. `{act}` is not possible while the refund is {status}: {reason} Look at the desk item for what is possible.',
    '当前不能执行该操作',
    '没有做任何更改。退款状态为 {status} 时不能执行 `{act}`：{reason}请查看异常台事项支持的操作。',
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
} as const satisfies Record<string, CatalogueEntry>;
