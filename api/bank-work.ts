import { createNudger, type Nudger } from '../platform';
import type { AppDeps } from './types';

/** Has the worker look soon at what people have done about accounts and files; its schedule does so anyway. */
export const bankWorkNudger = (deps: Pick<AppDeps, 'refundClient' | 'logger'>): Nudger =>
  createNudger(() => deps.refundClient.tendBankTransfers(), {
    onError: (error) => deps.logger.debug({ err: error }, 'Bank transfers were not tended at once; the schedule will.'),
  });
