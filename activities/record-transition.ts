import { ApplicationFailure } from '@temporalio/activity';
import { FAILURE_TYPES, type RecordActivities } from '../contract';
import { applyTransition, type Effects } from '../domain/process';
import { DEFAULT_QUERY_BACK_OFF, type QueryBackOff } from '../domain/payment';
import {
  HistoryConflictError,
  newReference,
  NotAcceptedError,
  recordTransition,
  type Database,
  type Subscriber,
} from '../store';

export interface RecordDeps {
  db: Database;
  /** How often a provider wants to be asked. */
  backOffOf?: (provider: string) => QueryBackOff;
  /** Whether money that a provider moved may come back; without it, none can. */
  canReturn?: (provider: string) => boolean;
  /** Whether only a query tells of that; without it, all providers tell by themselves. */
  returnsByQueryAlone?: (provider: string) => boolean;
  /** The provider that pays to payees' accounts in a currency; without it, none does. */
  providerToAccounts?: (mode: 'live' | 'test', currency: string) => string | null;
  /** Called after a commit that may have made letters or webhooks due. */
  nudge?: () => void;
}

/** The database steps of a refund's workflow: local activities, each one transaction. */
export function createRecordActivities({
  db,
  backOffOf = () => DEFAULT_QUERY_BACK_OFF,
  canReturn = () => false,
  returnsByQueryAlone = () => false,
  providerToAccounts = () => null,
  nudge,
}: RecordDeps): RecordActivities {
  return {
    async recordTransition(input) {
      // What an earlier attempt has committed may wait for its nudge still.
      let isDue = true;
      try {
        const recorded = await recordTransition(db, input, (loaded, transition) => {
          const outcome = applyTransition(loaded.state, transition, {
            ...loaded,
            at: input.at,
            backOffOf,
            canReturn,
            returnsByQueryAlone,
            providerToAccounts,
            newReference,
          });
          isDue = outcome.refused === null && hasDue(outcome.effects, loaded.subscribers);
          return outcome;
        });
        if (isDue) nudge?.();
        return { ...recorded, tellsTogether: true };
      } catch (error) {
        if (error instanceof HistoryConflictError)
          throw ApplicationFailure.nonRetryable(error.message, FAILURE_TYPES.historyConflict);
        if (error instanceof NotAcceptedError)
          throw ApplicationFailure.nonRetryable(error.message, FAILURE_TYPES.notAccepted);
        throw error;
      }
    },
  };
}

/** Whether anything of this is for the shared delivery; each of its rounds costs as much as several letters. */
const hasDue = ({ messages, events }: Effects, subscribers: Subscriber[]): boolean =>
  messages.some(({ owner }) => owner === 'delivery') ||
  subscribers.some((subscriber) => events.some((event) => subscriber.events.includes(event)));
