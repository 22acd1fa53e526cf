import { readBankFile, type BankStatement } from './bank-files';
import { ExchangeUnavailableError, TOO_LARGE, type FileExchange } from './file-exchange';
import { UnreadableFileError } from './xml';

/** The bank's word that it did not do what it was asked. */
export const isRejection = (status: string): boolean => status === 'RJCT' || status === 'CANC';

/** The bank's word that it has taken the money from the account, before or beside the booking. */
export const isSettlement = (status: string): boolean => status === 'ACSC' || status === 'ACCC';

const isTurn = (one: BankStatement): boolean =>
  one.kind === 'entry' ? one.direction === 'credit' && one.booked : isRejection(one.status);

const isPaid = (one: BankStatement): boolean =>
  one.kind === 'entry' ? one.direction === 'debit' && one.booked : isSettlement(one.status);

/** What the bank has said about one reference so far. */
export interface BankWord {
  statements: readonly BankStatement[];
  /** A file that cannot be read mentions the reference. */
  mentionedUnreadably: boolean;
}

/** Tokens kept of an unreadable file: enough for any file of a bank, bounded for anything else. */
const MAX_TOKENS = 100_000;

const READ_AT_ONCE = 8;

/** The bank's answers, each file read once; what cannot be read is tried again, since it may have been half written. */
export class Inbox {
  private readonly read = new Set<string>();
  private readonly byReference = new Map<string, BankStatement[]>();
  private readonly unreadable = new Map<string, { code: string; tokens: ReadonlySet<string> }>();
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly exchange: FileExchange) {}

  /** @throws ExchangeUnavailableError */
  async about(reference: string): Promise<BankWord> {
    await this.refresh();
    return {
      statements: this.byReference.get(reference) ?? [],
      mentionedUnreadably: [...this.unreadable.values()].some(({ tokens }) => tokens.has(reference)),
    };
  }

  /** References under which the bank has booked a credit or rejected something so far. @throws ExchangeUnavailableError */
  async turned(): Promise<string[]> {
    await this.refresh();
    return this.referencesWith(isTurn);
  }

  /** References under which the bank has done so, and has settled or booked a debit as well. @throws ExchangeUnavailableError */
  async contested(): Promise<string[]> {
    await this.refresh();
    return this.referencesWith(isTurn, isPaid);
  }

  private referencesWith(...kinds: ((one: BankStatement) => boolean)[]): string[] {
    return [...this.byReference]
      .filter(([, statements]) => kinds.every((isOfKind) => statements.some(isOfKind)))
      .map(([reference]) => reference);
  }

  /** Files that nobody could read, for the people who ask the bank for them again. @throws ExchangeUnavailableError */
  async unreadableFiles(): Promise<{ name: string; code: string }[]> {
    await this.refresh();
    return [...this.unreadable].map(([name, { code }]) => ({ name, code }));
  }

  /** One at a time, so that two questions at once do not count a file twice. */
  private refresh(): Promise<void> {
    const mine = this.turn.then(() => this.readNew());
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async readNew(): Promise<void> {
    const names = await this.exchange.list();
    const unread = names.filter((name) => !this.read.has(name));
    for (let from = 0; from < unread.length; from += READ_AT_ONCE) {
      await Promise.all(unread.slice(from, from + READ_AT_ONCE).map((name) => this.readOne(name)));
    }
    // What the bank has taken back is not held against anybody.
    const present = new Set(names);
    for (const name of this.unreadable.keys()) if (!present.has(name)) this.unreadable.delete(name);
  }

  private async readOne(name: string): Promise<void> {
    const content = await this.fetch(name);
    if (content === null) return;
    try {
      for (const statement of readBankFile(content)) {
        const known = this.byReference.get(statement.reference);
        if (known === undefined) this.byReference.set(statement.reference, [statement]);
        else known.push(statement);
      }
      this.read.add(name);
      this.unreadable.delete(name);
    } catch (error) {
      if (!(error instanceof UnreadableFileError)) throw error;
      this.unreadable.set(name, { code: error.code, tokens: tokensOf(content) });
    }
  }

  /** Null for a file that was taken away meanwhile, and for one that is too large: it must not keep the others from us. */
  private async fetch(name: string): Promise<Uint8Array | null> {
    try {
      return await this.exchange.read(name);
    } catch (error) {
      if (!(error instanceof ExchangeUnavailableError)) throw error;
      if (error.code === 'ENOENT' || error.code === 'http_404') return null;
      if (error.code !== TOO_LARGE) throw error;
      this.unreadable.set(name, { code: TOO_LARGE, tokens: new Set() });
      return null;
    }
  }
}

function tokensOf(content: Uint8Array): Set<string> {
  const tokens = new Set<string>();
  for (const [token] of new TextDecoder('latin1').decode(content).matchAll(/[A-Z0-9]+/g)) {
    if (tokens.size === MAX_TOKENS) break;
    tokens.add(token);
  }
  return tokens;
}
