import Handlebars from 'handlebars';
import type { MessageKind } from '../../../domain/refund';
import { CUSTOMER_EN } from './customer-en';
import { CUSTOMER_ZH } from './customer-zh';
import { HTML_LAYOUT, TEXT_LAYOUT } from './layout';
import { SHARED_WORDS } from './shared-words';
import { STAFF } from './staff';
import type { FactName, LetterWords, Locale, MessageView } from './view';

export type { MessageView } from './view';

/** A letter in all its parts. */
export interface RenderedEmail {
  subject: string;
  text: string;
  html: string;
}

const LETTERS: Record<Locale, Record<MessageKind, LetterWords>> = {
  en: { ...CUSTOMER_EN, ...STAFF.en },
  'zh-CN': { ...CUSTOMER_ZH, ...STAFF['zh-CN'] },
};

/** A template asks for exactly the values that exist: a misspelt name throws instead of leaving a gap. */
const EXACT = { strict: true, knownHelpersOnly: true } as const;

type Words = Handlebars.TemplateDelegate;

const compiled = new Map<string, Words>();
const htmlLayout = Handlebars.compile(HTML_LAYOUT, EXACT);
const textLayout = Handlebars.compile(TEXT_LAYOUT, { ...EXACT, noEscape: true });

/**
 * Writes a letter. Words are filled in as plain text; the HTML layout escapes them once, so no value can be markup.
 * @param view every member given; null for what does not apply
 * @throws Error when a template asks for a value that the view does not have
 */
export function renderEmail(kind: MessageKind, locale: Locale, view: MessageView): RenderedEmail {
  const words = LETTERS[locale][kind];
  const shared = SHARED_WORDS[locale];
  const values = {
    ...view,
    failed: view.paymentState === 'failed',
    deskText: deskTextOf(view.deskKind, shared.deskKinds),
  };
  const fill = (template: string): string => wordsOf(template)(values).trim();
  const factOf = (name: FactName): string | null => {
    if (name !== 'arrival') return view[name];
    return view.arrivalFromText === null || view.arrivalToText === null ? null : fill(shared.arrival);
  };
  const subject = oneLine(fill(words.subject));
  const letter = {
    locale,
    subject,
    shopName: oneLine(view.shopName),
    heading: fill(words.heading),
    greeting: oneLine(fill(shared.greeting)),
    paragraphs: words.paragraphs.map(fill).filter((paragraph) => paragraph !== ''),
    facts: words.facts.flatMap((name) => {
      const value = factOf(name);
      return value === null ? [] : [{ label: shared.facts[name], value: oneLine(value) }];
    }),
    url: webUrl(view.statusUrl),
    action: words.action,
    colon: locale === 'zh-CN' ? '\u{FF1A}' : ': ',
    closing: fill(shared.closing),
    automatic: shared.automatic,
  };
  return { subject, html: htmlLayout(letter), text: textLayout(letter) };
}

function wordsOf(template: string): Words {
  const known = compiled.get(template);
  if (known !== undefined) return known;
  const words = Handlebars.compile(template, { ...EXACT, noEscape: true });
  compiled.set(template, words);
  return words;
}

function deskTextOf(kind: string | null, words: Readonly<Record<string, string>>): string | null {
  return kind === null ? null : (words[kind] ?? kind);
}

/** Headers and facts are one line each. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Escaping alone would let `javascript:` through. */
function webUrl(url: string | null): string | null {
  return url !== null && /^https?:\/\//.test(url) ? url : null;
}
