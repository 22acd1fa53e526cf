import { entry, type CatalogueEntry } from './entry';

/** Policies and their course from draft to force. */
export const POLICY_PROBLEMS = {
  policy_invalid: entry(
    422,
    'This is no policy that could work',
    'Nothing was kept. `errors` names each place and what is wrong there; correct the document and send it again.',
    '政策文档无效',
    '没有保存任何内容。`errors` 列出了每一处问题及原因；请更正文档后重新提交。',
  ),
  policy_version_taken: entry(
    409,
    'The version is taken',
    'Nothing was kept. Version {latestVersion} of this policy exists; give the draft a higher one.',
    '版本号已被占用',
    '没有保存任何内容。该政策已有版本 {latestVersion}；请为草稿使用更高的版本号。',
  ),
  policy_other_version: entry(
    409,
    'The draft is of another version',
    'Nothing was changed. This draft is {name}@{version}; a draft keeps its name and version. Start another draft for another one.',
    '草稿版本不符',
    '没有做任何更改。该草稿为 {name}@{version}，名称与版本不可更改；其他版本请另建草稿。',
  ),
  policy_not_found: entry(
    404,
    'The policy is not known',
    'Nothing was done. Check the id against GET /v1/policies and the mode of the key.',
    '未找到政策',
    '没有执行任何操作。请对照 GET /v1/policies 检查编号及密钥模式。',
  ),
  policy_step_not_open: entry(
    409,
    'The policy stands elsewhere',
    'Nothing was done. This version is at `{status}`: a draft can be revised and submitted, what is in review approved or returned, what is published never changes.',
    '政策状态不允许此操作',
    '没有执行任何操作。该版本状态为 `{status}`：草稿可修改与提交，审核中的版本可批准或退回，已发布的版本不再更改。',
  ),
  policy_reviewer_needed: entry(
    403,
    'Another person must approve this',
    'Nothing was done. Who wrote on a version or submitted it does not put it in force, whatever key is used; ask another administrator.',
    '需由他人批准',
    '没有执行任何操作。参与起草或提交的人员不得批准其生效，与所用密钥无关；请由另一名管理员批准。',
  ),
  policy_changed: entry(
    409,
    'The document is not the one that you read',
    'Nothing was done. It has changed since; read it again and approve its present `hash`.',
    '文档与您阅读的不一致',
    '没有执行任何操作。文档已更改；请重新阅读并以当前 `hash` 批准。',
  ),
  policy_effective_in_past: entry(
    409,
    'It would take effect in the past',
    'Nothing was done. A policy judges what comes after it; return the draft and give it an effectiveFrom that is still to come.',
    '生效时间已过',
    '没有执行任何操作。政策只适用于其后的申请；请退回草稿并设置将来的 effectiveFrom。',
  ),
  calendar_invalid: entry(
    422,
    'This is no business calendar',
    'Nothing was changed. `errors` names the place and what is wrong there; correct it and send it again.',
    '工作日历无效',
    '没有做任何更改。`errors` 指出了问题所在及原因；请更正后重新提交。',
  ),
  calendar_changed: entry(
    409,
    'The calendar has changed since',
    'Nothing was changed. `hash` is that of the calendar that stands there; read it, make your change on it and send it with that hash as `basedOn`.',
    '工作日历已被更改',
    '没有做任何更改。`hash` 为当前日历的指纹；请重新读取，在其上修改，并以该值作为 `basedOn` 提交。',
  ),
  calendar_not_found: entry(
    404,
    'The calendar is not known',
    'Nothing was done. Check the id against GET /v1/calendars and the mode of the key.',
    '未找到工作日历',
    '没有执行任何操作。请对照 GET /v1/calendars 检查编号及密钥模式。',
  ),
} as const satisfies Record<string, CatalogueEntry>;
