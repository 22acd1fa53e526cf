import type { PaymentFailure, PaymentSighting, ReleaseApproval, SightingFacts } from '../../../domain/payment';
import type { GatewayCapabilities } from '../capabilities';
import {
  GatewayBusyError,
  NOT_FOUND,
  type PaymentGateway,
  type PaymentInstruction,
  type PaymentQuery,
} from '../gateway';
import type { Source } from '../look-up';
import { sightingOf } from '../sighting-of';
import { bankTransferCapabilities } from './capabilities';
import { errorCode } from './error-code';
import { ExchangeUnavailableError } from './file-exchange';
import { Inbox } from './inbox';
import { judgeStatements } from './judge-statements';
import { DestinationNotYetError, type BankDestination, type BankTransferAccountOptions } from './options';
import { fileName, Outbox, type ReleaseOutcome, type StoredInstruction } from './outbox';
import { accountProblem, accountText, buildPain001 } from './pain001';

const BUSY_RETRY_AFTER_MS = 30_000;

/** Why an instruction failed that people took back before it was released. */
export const WITHDRAWN: PaymentFailure = { class: 'withdrawn', code: 'file_rejected' };

/** The side of a bank account that people use: what waits, and their release of it. */
export interface BankTransferRelease {
  /** One instruction, or null when the reference was never instructed here. @throws GatewayBusyError */
  find(reference: string): Promise<StoredInstruction | null>;
  /**
   * Hands what two persons have released to the bank, unless it has it. What the exchange refuses is tried at the next query.
   * @returns how the instruction stands afterwards; null when there is none
   */
  handOver(reference: string): Promise<StoredInstruction | null>;
  /** Instructions that wait for one or two persons, oldest first. */
  waiting(): Promise<StoredInstruction[]>;
  /**
   * Takes the approval of one person; that of a second, different person releases the instruction and hands it to the bank.
   * Repeating it is harmless. That the persons may do this is the caller's to check.
   * @param approval with the `sha256` of what the person was shown
   */
  approve(reference: string, approval: ReleaseApproval): Promise<ReleaseOutcome>;
  /** SHA-256 of the bytes that wait for release; null when none do. */
  waitingSha256(reference: string): Promise<string | null>;
  /**
   * Takes an instruction back, unless it has been released.
   * @returns how it stands afterwards; null when there is none
   */
  withdraw(reference: string): Promise<StoredInstruction | null>;
  /** References under which the bank has booked a credit or rejected something. @throws ExchangeUnavailableError */
  turned(): Promise<string[]>;
  /** Those of them under which it has booked a debit as well. @throws ExchangeUnavailableError */
  contested(): Promise<string[]>;
  /** What all of the bank's answers mean for one reference; null when it has said nothing. @throws ExchangeUnavailableError */
  wordOn(instructed: { reference: string; amountMinor: number; currency: string }): Promise<SightingFacts | null>;
  /** Answers of the bank that could not be read. @throws ExchangeUnavailableError */
  unreadableFiles(): Promise<{ name: string; code: string }[]>;
}

/** Refunds by bank transfer: one pain.001 file a reference, released by two persons, answered by pain.002 and camt.054. */
export class BankTransferGateway implements PaymentGateway, BankTransferRelease {
  readonly provider = 'bank_transfer';
  readonly capabilities: GatewayCapabilities;
  readonly release: BankTransferRelease = this;
  private readonly outbox: Outbox;
  private readonly inbox: Inbox;

  /** @throws Error when the account that pays is not one */
  constructor(private readonly options: BankTransferAccountOptions) {
    const problem = accountProblem(options.debtor);
    if (problem !== null) {
      throw new Error(`The bank account "${options.merchantAccount}" cannot pay: ${problem}.`);
    }
    if (options.currencies.length === 0) throw new Error(`"${options.merchantAccount}" pays in no currency.`);
    this.outbox = new Outbox(options.directory);
    this.inbox = new Inbox(options.exchange);
    this.capabilities = bankTransferCapabilities(options);
  }

  async instruct(instruction: PaymentInstruction): Promise<PaymentSighting> {
    const { reference, refundId, providerPaymentId, amountMinor, currency, now } = instruction;
    const refusal = this.capabilities.refuses(amountMinor, currency);
    if (refusal !== null) return sightingOf('reply', now, 'failed', { class: 'unknown', code: refusal });
    const earlier = await this.orBusy(() => this.outbox.find(reference));
    if (earlier !== null) return this.repeated(instruction, earlier);
    if (instruction.instructedBefore !== false) {
      // Nothing here, though it was instructed: the bank may know what the directory has lost.
      const seen = await this.look(instruction, 'reply', null);
      if (seen.failure?.code !== NOT_FOUND) return seen;
    }
    const payee = await this.resolve({ reference, refundId, now });
    const problem = payee === null ? 'no_destination' : accountProblem(payee);
    if (payee === null || problem !== null) {
      const failure = { class: 'wrong_account_details', code: problem ?? 'no_destination' } as const;
      return sightingOf('reply', now, 'failed', failure);
    }
    const { debtor } = this.options;
    const { content, sha256 } = buildPain001({ reference, amountMinor, currency, debtor, payee, createdAt: now });
    const summary = {
      reference,
      refundId,
      providerPaymentId,
      amountMinor,
      currency,
      payeeName: payee.name,
      accountEnd: endOf(payee),
      createdAt: now,
      sha256,
    };
    const isNew = await this.orBusy(() => this.outbox.put(summary, content));
    if (isNew) return { ...sightingOf('reply', now, 'pending', null), providerRefundId: reference, amountMinor };
    const other = await this.orBusy(() => this.outbox.find(reference));
    if (other === null) throw new GatewayBusyError(this.provider, 'outbox_changed', BUSY_RETRY_AFTER_MS);
    return this.repeated(instruction, other);
  }

  async query(query: PaymentQuery): Promise<PaymentSighting> {
    const { reference } = query;
    await this.orBusy(() => this.outbox.moveIfReleased(reference));
    const stored = await this.orBusy(() => this.outbox.find(reference));
    // What two persons have released and the bank may not have yet is handed over again, under the same name.
    const undelivered = stored?.state === 'released' ? await this.deliver(reference) : null;
    const sighting = await this.look(query, 'query', stored);
    // Still pending, but whoever reads the log or the desk sees what keeps it.
    if (undelivered === null || sighting.outcome !== 'pending') return sighting;
    return { ...sighting, failure: { class: 'network', code: `not_delivered:${undelivered}` } };
  }

  find(reference: string): Promise<StoredInstruction | null> {
    return this.orBusy(() => this.outbox.find(reference));
  }

  async handOver(reference: string): Promise<StoredInstruction | null> {
    await this.outbox.moveIfReleased(reference);
    await this.deliver(reference);
    return this.outbox.find(reference);
  }

  waiting(): Promise<StoredInstruction[]> {
    return this.outbox.waiting();
  }

  async approve(reference: string, approval: ReleaseApproval): Promise<ReleaseOutcome> {
    const outcome = await this.outbox.approve(reference, approval);
    if (outcome.outcome === 'released') await this.deliver(reference);
    return outcome;
  }

  waitingSha256(reference: string): Promise<string | null> {
    return this.outbox.waitingSha256(reference);
  }

  async withdraw(reference: string): Promise<StoredInstruction | null> {
    await this.outbox.withdraw(reference);
    return this.outbox.find(reference);
  }

  turned(): Promise<string[]> {
    return this.inbox.turned();
  }

  contested(): Promise<string[]> {
    return this.inbox.contested();
  }

  async wordOn(instructed: {
    reference: string;
    amountMinor: number;
    currency: string;
  }): Promise<SightingFacts | null> {
    return judgeStatements(await this.inbox.about(instructed.reference), instructed);
  }

  unreadableFiles(): Promise<{ name: string; code: string }[]> {
    return this.inbox.unreadableFiles();
  }

  private async resolve(refund: Parameters<BankTransferAccountOptions['resolveDestination']>[0]) {
    try {
      return await this.options.resolveDestination(refund);
    } catch (error) {
      if (!(error instanceof DestinationNotYetError)) throw error;
      throw new GatewayBusyError(this.provider, `destination_${error.reason}`, error.retryAfterMs);
    }
  }

  /** The same reference again: what became of it, and no second file. */
  private async repeated(instruction: PaymentInstruction, stored: StoredInstruction): Promise<PaymentSighting> {
    const same =
      stored.amountMinor === instruction.amountMinor &&
      stored.currency === instruction.currency &&
      stored.providerPaymentId === instruction.providerPaymentId;
    if (same) return this.look(instruction, 'reply', stored);
    const failure = { class: 'interface_changed', code: 'reference_used' } as const;
    return {
      ...sightingOf('reply', instruction.now, 'unknown', failure),
      providerRefundId: stored.reference,
      amountMinor: stored.currency === instruction.currency ? stored.amountMinor : null,
    };
  }

  /**
   * Hands a released file to the bank. Nothing is lost when it fails: the file stays in `released/`, and the next query
   * hands it over again.
   * @returns why the bank may not have it, as a code; null when it has, or fetches it itself
   */
  private async deliver(reference: string): Promise<string | null> {
    const { exchange } = this.options;
    if (exchange.deliver === undefined) return null;
    const content = await this.outbox.readReleased(reference);
    if (content === null) return null;
    try {
      await exchange.deliver(fileName(reference), content);
    } catch (error) {
      if (error instanceof ExchangeUnavailableError) return error.code;
      throw error;
    }
    await this.outbox.markDelivered(reference);
    return null;
  }

  private async look(
    wanted: Pick<PaymentQuery, 'reference' | 'amountMinor' | 'currency' | 'now'>,
    source: Source,
    stored: StoredInstruction | null,
  ): Promise<PaymentSighting> {
    const { reference, now } = wanted;
    try {
      const facts = judgeStatements(await this.inbox.about(reference), stored ?? wanted);
      if (facts !== null) {
        // While the bank has it in hand, the amount is the one in the file.
        const amountMinor = facts.outcome === 'pending' ? (stored?.amountMinor ?? null) : facts.amountMinor;
        return { ...sightingOf(source, now, facts.outcome, null), ...facts, amountMinor, providerRefundId: reference };
      }
    } catch (error) {
      if (!(error instanceof ExchangeUnavailableError)) throw error;
      if (!error.reached) throw new GatewayBusyError(this.provider, error.code, BUSY_RETRY_AFTER_MS);
      const failureClass = error.code.startsWith('http_5') ? 'provider_maintenance' : 'network';
      return sightingOf(source, now, 'unknown', { class: failureClass, code: error.code });
    }
    if (stored === null) return sightingOf(source, now, 'unknown', { class: 'network', code: NOT_FOUND });
    // Whoever reads files knows nothing of it, and never will.
    if (stored.state === 'withdrawn') return sightingOf(source, now, 'failed', WITHDRAWN);
    const { amountMinor } = stored;
    return { ...sightingOf(source, now, 'pending', null), providerRefundId: reference, amountMinor };
  }

  /** Whatever the file system refuses, nothing has gone to the bank by it. */
  private async orBusy<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const code = errorCode(error);
      if (code === null) throw error;
      throw new GatewayBusyError(this.provider, `outbox_${code}`, BUSY_RETRY_AFTER_MS);
    }
  }
}

const endOf = (payee: BankDestination): string => accountText(payee).slice(-4);
