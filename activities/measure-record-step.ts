import type { RecordActivities } from '../contract';
import type { Metrics } from '../platform';

/** Counts and times the record step: what it was about and whether it was recorded, adopted, refused or failed. */
export function measureRecordStep(activities: RecordActivities, metrics: Metrics): RecordActivities {
  return {
    ...activities,
    async recordTransition(input) {
      const transition = input.transition.kind;
      const stop = metrics.recordStepSeconds.startTimer({ transition });
      let outcome = 'failed';
      try {
        const recorded = await activities.recordTransition(input);
        const own = recorded.transitionId === input.transition.id;
        outcome = recorded.refused ? 'refused' : own ? 'recorded' : 'adopted';
        if (input.transition.kind === 'decision')
          metrics.decisions.inc({
            decision: input.transition.content.decision,
            outcome: recorded.refused?.code ?? outcome,
          });
        return recorded;
      } finally {
        stop();
        metrics.recordSteps.inc({ transition, outcome });
      }
    },
  };
}
