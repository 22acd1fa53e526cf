import { randomBytes, randomInt } from 'node:crypto';
import { CALLS_TO_DECIDE } from '../domain/refund';
import { createDecisionLink, type ClaimedMessage, type LetterRecipient } from '../store';
import type { ActivityDeps } from './deps';

/** What a letter holds to decide by. */
export interface LetterLink {
  url: string;
  /** Six digits that the person types: nothing that opens or submits a page knows them. */
  code: string;
}

/** Longer than a weekend; the stage mostly closes before. */
const LIFETIME_MS = 3 * 86_400_000;

/** A link for one person to decide the stage that a letter calls them to; null where that is not to be decided so. */
export async function decisionLinkFor(
  { db, letters, clock }: Pick<ActivityDeps, 'db' | 'letters' | 'clock'>,
  { id: messageId, kind, refundId, data }: ClaimedMessage,
  recipient: LetterRecipient,
): Promise<LetterLink | null> {
  const stageId = data['stage'];
  if (letters.publicUrl === null || !CALLS_TO_DECIDE.includes(kind) || typeof stageId !== 'string') return null;
  const token = randomBytes(32).toString('base64url');
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  const now = clock();
  const kept = await createDecisionLink(db, {
    messageId,
    refundId,
    stageId,
    personId: recipient.id,
    token,
    code,
    createdAtIso: now.toISOString(),
    expiresAtIso: new Date(now.getTime() + LIFETIME_MS).toISOString(),
  });
  return kept ? { url: `${letters.publicUrl}/decide/${token}`, code } : null;
}
