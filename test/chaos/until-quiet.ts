import { pause } from '../../devstack/wait';
import type { LocalStack } from './local-stack';

/** A letter that a killed worker had in hand is free again after two and a half minutes, and so is one that was refused. */
const STALLED_MS = 300_000;

/**
 * Waits until nothing is left, as long as what is left becomes less: how long all of it takes is the machine's affair.
 * @param left counts what is left
 * @returns false when it has not become less for five minutes
 */
export async function whileLess(left: () => Promise<number>): Promise<boolean> {
  let fewest = Infinity;
  let endsAt = Date.now() + STALLED_MS;
  while (Date.now() < endsAt) {
    const now = await left();
    if (now === 0) return true;
    if (now < fewest) [fewest, endsAt] = [now, Date.now() + STALLED_MS];
    await pause(1_000);
  }
  return false;
}

/**
 * Waits until no letter is left to send, so that the oracle sees nothing under way: a thousand refunds leave thousands
 * behind. What stays is the oracle's to name.
 */
export async function untilQuiet({ db }: LocalStack): Promise<void> {
  await whileLess(() => db.message.count({ where: { status: 'due', channel: 'email' } }));
}
