import type { LocalizedText, PlanStage } from '../refund';

/** Which rule gave a stage its due instant. */
export interface ExplainedDeadline {
  /** `stage_clock`, `minimum`, `desk`, or the id of a deadline of the policy. */
  rule: string;
  text: LocalizedText;
  /** Set where a law says so; what counsel has not confirmed is marked. */
  law: { source: string; confirmedByCounsel: boolean } | null;
}

/**
 * Says in words what gave a stage its due instant; null where that was not kept.
 * @param stage as the plan has it
 * @param dueBy as the open stage keeps it
 */
export function explainDeadline(
  stage: Pick<PlanStage, 'clock' | 'limits'> | undefined,
  dueBy: string | undefined,
): ExplainedDeadline | null {
  if (!stage || dueBy === undefined) return null;
  const plain = (text: LocalizedText): ExplainedDeadline => ({ rule: dueBy, text, law: null });
  const { dueBusinessDays, minimumBusinessMinutes } = stage.clock;
  switch (dueBy) {
    case 'stage_clock':
      return plain({
        en: `${days(dueBusinessDays)} from acceptance, or from the corrected request, by the clock of the stage`,
        'zh-CN': `按本环节时限：自受理（或申请更正）起 ${dueBusinessDays} 个工作日`,
      });
    case 'minimum':
      return plain({
        en: `The stage opened late: it has at least ${minimumBusinessMinutes} minutes of working time`,
        'zh-CN': `本环节开始较晚：至少保留 ${minimumBusinessMinutes} 分钟工作时间`,
      });
    case 'desk':
      return plain({ en: 'Set by the exception desk', 'zh-CN': '由异常台设定' });
    default:
      return byLimit(stage, dueBy);
  }
}

function byLimit({ limits = [] }: Pick<PlanStage, 'limits'>, dueBy: string): ExplainedDeadline | null {
  const limit = limits.find(({ id }) => id === dueBy);
  if (!limit) return null;
  const { label, businessDays, before, law } = limit;
  const when = {
    en: businessDays === undefined ? `before ${before ?? ''}` : days(businessDays),
    'zh-CN': businessDays === undefined ? `不晚于 ${before ?? ''}` : `${businessDays} 个工作日`,
  };
  const source = law && {
    en: ` (${law.source}${law.confirmedByCounsel ? '' : '; to be confirmed by counsel'})`,
    'zh-CN': `（${law.source}${law.confirmedByCounsel ? '' : '；待法律顾问确认'}）`,
  };
  return {
    rule: dueBy,
    text: {
      en: `${label.en}: ${when.en}, which comes before the clock of the stage${source?.en ?? ''}`,
      'zh-CN': `${label['zh-CN']}：${when['zh-CN']}，早于本环节时限${source?.['zh-CN'] ?? ''}`,
    },
    law: law ?? null,
  };
}

const days = (count: number): string => (count === 1 ? 'One working day' : `${count} working days`);
