import type { ExplainedDeadline } from '../../domain/process';
import type { Language } from '../types';

/** What gave a stage its due instant, in one language; null where that was not kept. */
export const presentDeadline = (deadline: ExplainedDeadline | null, language: Language): object | null =>
  deadline && { ...deadline, text: deadline.text[language] };
