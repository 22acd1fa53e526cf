import { createHash } from 'node:crypto';
import { describeInstant } from '../domain/calendar';
import { formatAmount, type Locale } from '../domain/money';
import { FAILURE_RULES, HOLD_REASONS, HOLD_RULES, isFailureClass } from '../domain/payment';
import type { Goodwill, MessageKind } from '../domain/refund';
import { renderEmail, type MessageView, type OutgoingEmail } from '../integrations/messaging';
import type { ClaimedMessage, LetterFacts, LetterRecipient } from '../store';
import type { LetterLink } from './decision-link';
import type { LetterSettings } from './deps';

/** The language of ours that is nearest to a person's. */
export const localeOf = (locale: string): Locale => (locale.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en');

/**
 * The same for every sending of the same letter to the same person, so that mail programs show a resent one once. The
 * hash keeps ids of people out of headers that travel through the world.
 */
export function messageIdOf(messageId: string, recipientId: string, domain: string): string {
  const who = createHash('sha256').update(`${messageId}:${recipientId}`).digest('hex').slice(0, 12);
  return `${messageId}.${who}@${domain}`;
}

/** What goes into a letter beside the facts. */
interface LetterWords {
  /** What the decider wrote for the customer. */
  messageToCustomer: string | null;
  /** For one recipient alone. */
  link: LetterLink | null;
}

/** Writes one letter to one recipient. `nowIso` only decides whether a date needs its year. */
export function composeLetter(
  message: ClaimedMessage & { kind: MessageKind },
  facts: LetterFacts,
  recipient: LetterRecipient & { email: string },
  words: LetterWords,
  settings: LetterSettings,
  nowIso: string,
): OutgoingEmail {
  const locale = localeOf(recipient.locale);
  const view = viewOf(message, facts, recipient, words, settings, locale, nowIso);
  return {
    messageId: messageIdOf(message.id, recipient.id, settings.messageIdDomain),
    to: recipient.email,
    locale,
    ...renderEmail(message.kind, locale, view),
  };
}

/** What a letter is asked for before anything is approved; afterwards it is about the approved amount. */
const ABOUT_THE_REQUEST: readonly MessageKind[] = [
  'refund_received',
  'refund_declined',
  'appeal_received',
  'refund_withdrawn',
];

function viewOf(
  message: ClaimedMessage & { kind: MessageKind },
  facts: LetterFacts,
  recipient: LetterRecipient,
  words: LetterWords,
  settings: LetterSettings,
  locale: Locale,
  nowIso: string,
): MessageView {
  const { data } = message;
  const text = (name: string): string | null => (typeof data[name] === 'string' ? data[name] : null);
  const instant = (iso: string | null): string | null =>
    iso === null ? null : describeInstant(facts.calendar, nowIso, iso, locale);
  const approved = ABOUT_THE_REQUEST.includes(message.kind) ? null : facts.approvedAmountMinor;
  const amountMinor = approved ?? facts.amountMinor;
  const goodwillText = facts.goodwill && goodwillOf(facts.goodwill, facts.currency, locale);
  const returnedMinor = Number(data['returnedMinor'] ?? 0);
  const returnedText = returnedMinor > 0 ? formatAmount(returnedMinor, facts.currency, locale) : null;
  const isGoodwill = data['fund'] === 'goodwill';
  const stage = facts.plan.stages.find((candidate) => candidate.id === text('stage'));
  return {
    recipientName: recipient.name,
    shopName: settings.shopName,
    refundId: facts.refundId,
    orderExternalId: facts.orderExternalId,
    amount: formatAmount(amountMinor, facts.currency, locale),
    requestedAmount: amountMinor === facts.amountMinor ? null : formatAmount(facts.amountMinor, facts.currency, locale),
    stageLabel: stage?.label[locale] ?? null,
    dueText: instant(text('deadlineAt') ?? text('dueAt')),
    arrivalFromText: dayOf(instant(text('arrivalFrom') ?? facts.arrivalFrom)),
    arrivalToText: dayOf(instant(text('arrivalTo') ?? facts.arrivalTo)),
    traceNumber: facts.traceNumber,
    // There is no other page to link to before the console and the customer's portal exist.
    statusUrl: words.link?.url ?? null,
    decisionCode: words.link?.code ?? null,
    appealUntilText: instant(text('appealUntil')),
    afterAppeal: data['afterAppeal'] === 'yes',
    messageToCustomer: words.messageToCustomer,
    goodwillText: data['goodwill'] === 'given_up' ? null : goodwillText,
    goodwillUnpaidText: data['goodwill'] === 'given_up' ? goodwillText : null,
    deductionsText: facts.deductions.length === 0 ? null : deductionsOf(facts, locale),
    // What people have declined on an appeal does not rest on the machine's clause.
    clauseText:
      message.kind === 'refund_declined' && text('clause') !== null ? (facts.declineClause?.[locale] ?? null) : null,
    paymentState: message.kind === 'payment_delayed' ? (text('failureClass') === null ? 'unknown' : 'failed') : null,
    failureText: whyNotPaid(data, locale),
    returnedAmount: isGoodwill || returnedMinor === amountMinor ? null : returnedText,
    returnedGoodwill: isGoodwill ? returnedText : null,
    paidAmount:
      Number(data['paidMinor'] ?? 0) > 0 ? formatAmount(Number(data['paidMinor']), facts.currency, locale) : null,
    deskKind: text('deskKind'),
  };
}

/** Why a payment failed, came back or is held, in words for the customer; null when the message does not say. */
function whyNotPaid({ failureClass, holdReason }: ClaimedMessage['data'], locale: Locale): string | null {
  if (isFailureClass(failureClass)) return FAILURE_RULES[failureClass].customer[locale];
  const reason = HOLD_REASONS.find((known) => known === holdReason);
  return reason === undefined ? null : HOLD_RULES[reason].customer[locale];
}

/** What is given and for what. */
const goodwillOf = ({ label, amountMinor }: Goodwill, currency: string, locale: Locale): string => {
  const amount = formatAmount(amountMinor, currency, locale);
  return locale === 'zh-CN' ? `${amount}（${label[locale]}）` : `${amount} (${label[locale]})`;
};

/** One line for each: what it is called, how much, and why. */
const deductionsOf = ({ deductions, currency }: LetterFacts, locale: Locale): string =>
  deductions
    .map(({ label, amountMinor, reason }) => {
      const amount = formatAmount(amountMinor, currency, locale);
      return locale === 'zh-CN'
        ? `${label[locale]}：${amount}（${reason}）`
        : `${label[locale]}: ${amount} (${reason})`;
    })
    .join('\n');

/** Money arrives on a day, not at a minute: `Mon 23 Nov 10:40 (Shanghai)` without its time and place. */
const dayOf = (instant: string | null): string | null =>
  instant === null ? null : instant.replace(/\s*\d{2}:\d{2}.*$/, '');
