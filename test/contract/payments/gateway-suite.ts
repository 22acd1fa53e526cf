import { setTimeout as sleep } from 'node:timers/promises';
import {
  GatewayBusyError,
  NOT_FOUND,
  type PaymentGateway,
  type PaymentInstruction,
} from '../../../integrations/payments';
import {
  ForgedNotificationError,
  type NotificationHeaders,
  type VerifiedNotification,
} from '../../../integrations/payments/notifications';
import { instructionsIn } from './instructions';

/** A notification as it came over the wire. */
export interface ReceivedNotification {
  headers: NotificationHeaders;
  rawBody: Buffer;
}

/** What can go wrong at the provider, in the words of the sandbox. */
export interface ProviderFault {
  call: 'instruct' | 'query';
  behaviour: string;
  reference?: string;
  count?: number;
  delayMs?: number;
}

/** A gateway with its provider's stand-in: what the suite needs to know about a provider. */
export interface GatewayWorld {
  gateway: PaymentGateway;
  /** The same gateway where nobody listens. */
  unreachable: PaymentGateway;
  currency: string;
  /** How long the gateway waits for an answer, in milliseconds. */
  timeoutMs: number;
  /** An error code by which the provider refuses for good, and one by which it asks to slow down. */
  refusalCode: string;
  slowDownCode: string;
  /** A captured payment's provider id. */
  capture(amountMinor: number): Promise<string>;
  fault(fault: ProviderFault): Promise<void>;
  /** What was planted and has not struck strikes no more. */
  clearFaults(): Promise<void>;
  /** Amounts of the movements under a reference that did not come back. */
  movements(reference: string): Promise<number[]>;
  /** Makes the provider forget its idempotency keys, as after a day. */
  forgetKeys(): Promise<void>;
  notifications(): readonly ReceivedNotification[];
  read(received: ReceivedNotification, now: Date): VerifiedNotification | null;
  /** Signs a notification anew, as somebody would who has the secret, or with one that is not the provider's. */
  resign(one: ReceivedNotification, at: Date, options?: { otherSecret: true }): ReceivedNotification;
  /** The same without any signature. */
  unsigned(one: ReceivedNotification): ReceivedNotification;
  /** The code by which the provider wants money on our side first. */
  tooLittleMoney: string;
  /** False when the provider has no number that a bank can trace the money by. */
  tracesMoney?: boolean;
  /** Whether answers are signed, so that one whose signature is wrong or missing must not be believed. */
  signsAnswers?: boolean;
  /** False when notifications do not say how much one refund moved. */
  saysAmounts?: boolean;
  /** Sets the least time between two refunds of one payment, where the provider keeps one. */
  setRefundInterval?(milliseconds: number): Promise<void>;
  /** How the provider sends a notification again that nobody takes. */
  resending: {
    /** Its waiting times before each further try, in milliseconds of the real provider. */
    waitsMs: readonly number[];
    /** By how much the stand-in shortens them. */
    setSpeed(speed: number): Promise<void>;
    /** Whether the receiver takes notifications. */
    take(isTaken: boolean): void;
    attempts(): Promise<{ deliveryId: string; attempt: number; at: string; outcome: string }[]>;
  };
  /** How old a notification may be, where that is not five minutes. */
  oldestMinutes?: number;
  /** Whether two bodies say the same in two encodings, where that is possible. */
  saysTheSame?(one: Buffer, other: Buffer): boolean;
  close(): Promise<void>;
}

/** What every payment gateway must keep, fault by fault. */
export function gatewaySuite(provider: string, start: () => Promise<GatewayWorld>): void {
  let world: GatewayWorld;
  beforeAll(async () => {
    world = await start();
  });
  afterAll(async () => {
    await world.close();
  });

  const now = '2026-11-02T02:00:00.000Z';

  const { instructionOf, again, queryOf } = instructionsIn(() => world, now);

  /** Null for a forgery, of which the stand-in sends some too. */
  function readOrForged(one: ReceivedNotification): VerifiedNotification | null {
    try {
      return world.read(one, new Date());
    } catch (error) {
      if (error instanceof ForgedNotificationError) return null;
      throw error;
    }
  }

  async function received(first: PaymentInstruction, outcome: string): Promise<ReceivedNotification> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const found = world.notifications().find((one) => {
        const read = readOrForged(one);
        return read?.reference === first.reference && read.facts?.outcome === outcome;
      });
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`no notification said ${outcome}`);
      await sleep(25);
    }
  }

  describe(`${provider}: one reference, at most one movement`, () => {
    test('pays, and says what the provider said', async () => {
      const first = await instructionOf();
      const sighting = await world.gateway.instruct(first);
      expect(sighting).toMatchObject({
        source: 'reply',
        outcome: 'succeeded',
        amountMinor: 5_000,
        failure: null,
        at: now,
      });
      expect(sighting.providerRefundId).not.toBeNull();
      expect(sighting.traceNumber !== null).toBe(world.tracesMoney !== false);
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test('the same instruction twice is one movement', async () => {
      const first = await instructionOf();
      const one = await world.gateway.instruct(first);
      const two = await world.gateway.instruct(first);
      const three = await world.gateway.instruct(again(first));
      expect([two.providerRefundId, three.providerRefundId]).toEqual([one.providerRefundId, one.providerRefundId]);
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test('the same instruction five times at once is one movement', async () => {
      const first = await instructionOf();
      const sightings = await Promise.all(Array.from({ length: 5 }, () => world.gateway.instruct(first)));
      expect(sightings.every(({ outcome }) => outcome === 'succeeded' || outcome === 'unknown')).toBe(true);
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test('pays once when the first reply is lost', async () => {
      const first = await instructionOf();
      await world.fault({ call: 'instruct', reference: first.reference, behaviour: 'drop-after-commit', count: 1 });
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'succeeded' });
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test('pays once when every reply is lost and the instruction is repeated', async () => {
      const first = await instructionOf();
      await world.fault({ call: 'instruct', reference: first.reference, behaviour: 'drop-after-commit', count: 2 });
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'unknown', failure: { class: 'network' } });
      expect(await world.gateway.instruct(again(first))).toMatchObject({ outcome: 'succeeded', amountMinor: 5_000 });
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test('pays once when the instruction never arrived and is repeated', async () => {
      const first = await instructionOf();
      await world.fault({ call: 'instruct', reference: first.reference, behaviour: 'drop-before-commit', count: 2 });
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'unknown' });
      expect(await world.gateway.query(queryOf(first))).toMatchObject({
        outcome: 'unknown',
        failure: { code: NOT_FOUND },
      });
      expect(await world.gateway.instruct(again(first))).toMatchObject({ outcome: 'succeeded' });
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test('pays once when the provider has forgotten the key, and does not call its own refund a refusal', async () => {
      const first = await instructionOf();
      await world.fault({ call: 'instruct', reference: first.reference, behaviour: 'drop-after-commit', count: 2 });
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'unknown' });
      await world.forgetKeys();
      // Said to be the first instruction, though it is not: the refusal "already refunded" is checked all the same.
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'succeeded' });
      expect(await world.gateway.instruct(again(first))).toMatchObject({ outcome: 'succeeded' });
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test('pays a part once when the provider has forgotten the key', async () => {
      const first = await instructionOf(1_500, 5_000);
      await world.fault({ call: 'instruct', reference: first.reference, behaviour: 'drop-after-commit', count: 2 });
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'unknown' });
      await world.forgetKeys();
      expect(await world.gateway.instruct(again(first))).toMatchObject({ outcome: 'succeeded', amountMinor: 1_500 });
      expect(await world.movements(first.reference)).toEqual([1_500]);
    });

    test('parts of one payment are told apart by their references', async () => {
      const first = await instructionOf(1_500, 5_000);
      const second = { ...(await instructionOf(2_000)), providerPaymentId: first.providerPaymentId };
      const one = await world.gateway.instruct(first);
      const two = await world.gateway.instruct(second);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({
        amountMinor: 1_500,
        providerRefundId: one.providerRefundId,
      });
      expect(await world.gateway.query(queryOf(second))).toMatchObject({
        amountMinor: 2_000,
        providerRefundId: two.providerRefundId,
      });
    });

    test('another amount under a used reference moves nothing and shows the amount that moved', async () => {
      const first = await instructionOf(1_500, 5_000);
      await world.gateway.instruct(first);
      const other = await world.gateway.instruct({ ...again(first), amountMinor: 1_600 });
      expect(other.amountMinor).toBe(1_500);
      const claimedFirst = await world.gateway.instruct({ ...first, amountMinor: 1_600 });
      expect(claimedFirst.outcome === 'unknown' || claimedFirst.amountMinor === 1_500).toBe(true);
      expect(await world.movements(first.reference)).toEqual([1_500]);
    });
  });

  describe(`${provider}: what is ambiguous is unknown, and heals`, () => {
    test('an answer that comes too late is unknown, and the query finds the movement', async () => {
      const first = await instructionOf();
      const delayMs = world.timeoutMs * 2;
      await world.fault({ call: 'instruct', reference: first.reference, behaviour: 'slow', count: 1, delayMs });
      expect(await world.gateway.instruct(first)).toMatchObject({
        outcome: 'unknown',
        failure: { class: 'network', code: 'timeout' },
      });
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ source: 'query', outcome: 'succeeded' });
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test('a server error after the money moved is unknown, and the query finds the movement', async () => {
      const first = await instructionOf(1_500, 5_000);
      await world.fault({ call: 'instruct', reference: first.reference, behaviour: '5xx-after-commit', count: 1 });
      expect(await world.gateway.instruct(first)).toMatchObject({
        outcome: 'unknown',
        failure: { class: 'provider_maintenance' },
      });
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded', amountMinor: 1_500 });
      expect(await world.gateway.instruct(again(first))).toMatchObject({ outcome: 'succeeded' });
      // Even somebody who takes it for the first instruction meets the kept error and looks before he pays.
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'succeeded' });
      expect(await world.movements(first.reference)).toEqual([1_500]);
    });

    test('a server error that moved nothing is unknown, and the repetition pays once, also where errors are kept', async () => {
      const first = await instructionOf(1_500, 5_000);
      await world.fault({ call: 'instruct', reference: first.reference, behaviour: '5xx', count: 1 });
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'unknown' });
      expect(await world.gateway.query(queryOf(first))).toMatchObject({
        outcome: 'unknown',
        failure: { code: NOT_FOUND },
      });
      expect(await world.gateway.instruct(again(first))).toMatchObject({ outcome: 'succeeded' });
      expect(await world.gateway.instruct(again(first))).toMatchObject({ outcome: 'succeeded' });
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'succeeded' });
      expect(await world.movements(first.reference)).toEqual([1_500]);
    });

    test('an instruction that is carried out after we gave up on it is unknown, and one movement however it is repeated', async () => {
      const first = await instructionOf();
      const delayMs = world.timeoutMs * 2;
      await world.fault({
        call: 'instruct',
        reference: first.reference,
        behaviour: 'slow-before-commit',
        count: 1,
        delayMs,
      });
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'unknown', failure: { code: 'timeout' } });
      const repeated = await world.gateway.instruct(again(first));
      expect(['succeeded', 'unknown']).toContain(repeated.outcome);
      await sleep(delayMs);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded', amountMinor: 5_000 });
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test.each(['unreadable-answer', 'bad-answer-signature', 'no-answer-signature'])(
      'an answer that cannot be believed (%s) is neither success nor failure, and the query finds the movement',
      async (behaviour) => {
        if (behaviour !== 'unreadable-answer' && world.signsAnswers !== true) {
          // Who signs nothing has no signature to spoil; that is the provider's to offer, so the stand-in refuses it.
          await expect(world.fault({ call: 'instruct', behaviour, count: 1 })).rejects.toThrow(/behaviour must be/);
          return;
        }
        const first = await instructionOf();
        await world.fault({ call: 'instruct', reference: first.reference, behaviour, count: 1 });
        expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'unknown' });
        expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded' });
        expect(await world.gateway.instruct(again(first))).toMatchObject({ outcome: 'succeeded' });
        expect(await world.movements(first.reference)).toEqual([5_000]);
      },
    );

    test('a query that fails leaves the answer unknown', async () => {
      const first = await instructionOf();
      await world.gateway.instruct(first);
      await world.fault({ call: 'query', behaviour: '5xx', count: 1 });
      const sighting = await world.gateway.query(queryOf(first));
      expect(sighting).toMatchObject({ source: 'query', outcome: 'unknown' });
      expect(sighting.failure?.code).not.toBe(NOT_FOUND);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded' });
    });

    test.each(['slow', 'drop-before-commit', 'unreadable-answer', 'error:503'])(
      'a query whose answer is lost (%s) proves nothing: neither success, nor failure, nor absence',
      async (behaviour) => {
        const first = await instructionOf();
        await world.gateway.instruct(first);
        // Libraries repeat a lost connection once by themselves.
        const [count, delayMs] = [2, world.timeoutMs * 2];
        await world.fault({ call: 'query', behaviour, count, delayMs });
        const seen = await world.gateway.query(queryOf(first)).catch((error: unknown) => error);
        if (seen instanceof Error) expect(seen).toBeInstanceOf(GatewayBusyError);
        else expect(seen).toMatchObject({ source: 'query', outcome: 'unknown' });
        expect(seen).not.toMatchObject({ failure: { code: NOT_FOUND } });
        await world.clearFaults();
        expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded' });
      },
    );

    test('a call that is let pass (ok) uses up its fault, and the next one meets the next fault', async () => {
      const first = await instructionOf(1_500, 5_000);
      const second = { ...(await instructionOf()), reference: `${first.reference}B` };
      await world.fault({ call: 'instruct', behaviour: 'ok', count: 1 });
      await world.fault({ call: 'instruct', behaviour: `error:${world.refusalCode}`, count: 1 });
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'succeeded' });
      expect(await world.gateway.instruct(second)).toMatchObject({ outcome: 'failed' });
      expect(await world.movements(second.reference)).toEqual([]);
    });

    test('nothing is sent again while the look-up before it fails', async () => {
      const first = await instructionOf();
      await world.fault({ call: 'query', behaviour: '5xx', count: 1 });
      expect(await world.gateway.instruct(again(first))).toMatchObject({ outcome: 'unknown' });
      expect(await world.movements(first.reference)).toEqual([]);
    });

    test('a provider that cannot be reached or asks to slow down is busy: nothing was done', async () => {
      const first = await instructionOf();
      await expect(world.unreachable.instruct(first)).rejects.toBeInstanceOf(GatewayBusyError);
      await expect(world.unreachable.query(queryOf(first))).rejects.toBeInstanceOf(GatewayBusyError);
      await world.fault({
        call: 'instruct',
        reference: first.reference,
        behaviour: `error:${world.slowDownCode}`,
        count: 1,
      });
      const busy = await world.gateway.instruct(first).catch((error: unknown) => error);
      expect(busy).toBeInstanceOf(GatewayBusyError);
      expect((busy as GatewayBusyError).retryAfterMs).toBeGreaterThan(0);
      expect(await world.movements(first.reference)).toEqual([]);
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'succeeded' });
    });
  });

  describe(`${provider}: refusals`, () => {
    test('a final error is failed with its code, and nothing moved', async () => {
      const first = await instructionOf();
      await world.fault({
        call: 'instruct',
        reference: first.reference,
        behaviour: `error:${world.refusalCode}`,
        count: 1,
      });
      expect(await world.gateway.instruct(first)).toMatchObject({
        outcome: 'failed',
        failure: { code: world.refusalCode },
      });
      expect(await world.movements(first.reference)).toEqual([]);
    });

    test('a refusal of the repetition proves nothing while the call before it was lost on the way', async () => {
      const first = await instructionOf();
      const { reference } = first;
      await world.fault({ call: 'instruct', reference, behaviour: 'drop-before-commit', count: 1 });
      await world.fault({ call: 'instruct', reference, behaviour: `error:${world.refusalCode}`, count: 1 });
      // The lost call may still be on its way: another reference now could pay twice.
      expect(await world.gateway.instruct(first)).toMatchObject({
        outcome: 'unknown',
        failure: { code: world.refusalCode },
      });
      expect(await world.gateway.query(queryOf(first))).toMatchObject({
        outcome: 'unknown',
        failure: { code: NOT_FOUND },
      });
      // The same reference settles it: paid once, or refused for good where the provider keeps its refusal for it.
      const { outcome } = await world.gateway.instruct(again(first));
      expect(['succeeded', 'failed']).toContain(outcome);
      expect(await world.movements(reference)).toEqual(outcome === 'succeeded' ? [5_000] : []);
    });

    describe('too little money of ours is held, and the same reference pays once when there is enough', () => {
      const isShort = (first: PaymentInstruction, count: number) =>
        world.fault({
          call: 'instruct',
          reference: first.reference,
          behaviour: `error:${world.tooLittleMoney}`,
          count,
        });

      async function expectHeld(instruction: PaymentInstruction): Promise<void> {
        const seen = await world.gateway.instruct(instruction);
        expect(seen).toMatchObject({ outcome: 'held', failure: null, hold: { reason: 'insufficient_funds' } });
        expect(Date.parse(seen.hold?.retryAt ?? '')).toBeGreaterThan(Date.parse(now));
        expect(await world.movements(instruction.reference)).toEqual([]);
      }

      async function expectPaid(instruction: PaymentInstruction): Promise<void> {
        expect(['succeeded', 'pending']).toContain((await world.gateway.instruct(instruction)).outcome);
        // However often it is repeated, and whatever is known of the refusals then.
        for (const refusals of [0, 1, 9]) await world.gateway.instruct({ ...again(instruction), refusals });
        expect(await world.movements(instruction.reference)).toEqual([5_000]);
      }

      test('after several refusals that are on record', async () => {
        const first = await instructionOf();
        await isShort(first, 3);
        await expectHeld(first);
        await expectHeld({ ...again(first), refusals: 1 });
        await expectHeld({ ...again(first), refusals: 2 });
        await expectPaid({ ...again(first), refusals: 3 });
      });

      test('also when nobody has kept how often it was refused', async () => {
        const first = await instructionOf();
        await isShort(first, 1);
        await expectHeld(first);
        await expectPaid(again(first));
      });

      test('also when it is instructed by several at once', async () => {
        const first = await instructionOf();
        await isShort(first, 1);
        await expectHeld(first);
        const later = { ...again(first), refusals: 1 };
        const seen = await Promise.all(Array.from({ length: 4 }, () => world.gateway.instruct(later)));
        expect(seen.every(({ outcome }) => ['succeeded', 'pending', 'unknown'].includes(outcome))).toBe(true);
        expect(await world.movements(first.reference)).toEqual([5_000]);
      });
    });

    test('more than is left of the payment is failed', async () => {
      const first = await instructionOf(3_000, 5_000);
      const second = { ...(await instructionOf(3_000)), providerPaymentId: first.providerPaymentId };
      await world.gateway.instruct(first);
      expect(await world.gateway.instruct(second)).toMatchObject({ outcome: 'failed' });
      expect(await world.movements(second.reference)).toEqual([]);
    });
  });

  describe(`${provider}: refunds of one payment close to each other`, () => {
    test('one that comes too soon is busy and moves nothing, and is paid when the time has passed', async () => {
      if (world.setRefundInterval === undefined) return;
      const first = await instructionOf(1_500, 5_000);
      const second = {
        ...(await instructionOf(2_000)),
        providerPaymentId: first.providerPaymentId,
        capturedMinor: 5_000,
      };
      await world.setRefundInterval(3_600_000);
      try {
        expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'succeeded' });
        await expect(world.gateway.instruct(second)).rejects.toBeInstanceOf(GatewayBusyError);
        expect(await world.movements(second.reference)).toEqual([]);
        // A repetition of what was taken is no further refund.
        expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'succeeded' });
        await world.setRefundInterval(0);
        expect(await world.gateway.instruct(second)).toMatchObject({ outcome: 'succeeded', amountMinor: 2_000 });
      } finally {
        await world.setRefundInterval(0);
      }
    });
  });

  describe(`${provider}: pending refunds`, () => {
    test('pending becomes succeeded by query, with and without the provider id', async () => {
      const first = await instructionOf();
      await world.fault({
        call: 'instruct',
        reference: first.reference,
        behaviour: 'pending-ok',
        count: 1,
        delayMs: 1_500,
      });
      const sighting = await world.gateway.instruct(first);
      expect(sighting).toMatchObject({ outcome: 'pending', failure: null });
      expect(await world.gateway.query(queryOf(first, sighting.providerRefundId))).toMatchObject({
        outcome: 'pending',
      });
      await sleep(1_800);
      expect(await world.gateway.query(queryOf(first, sighting.providerRefundId))).toMatchObject({
        outcome: 'succeeded',
      });
      expect(await world.gateway.query(queryOf(first))).toMatchObject({
        outcome: 'succeeded',
        providerRefundId: sighting.providerRefundId,
      });
    });

    test('pending becomes failed by query, with the reason', async () => {
      const first = await instructionOf();
      await world.fault({
        call: 'instruct',
        reference: first.reference,
        behaviour: 'pending-fail',
        count: 1,
        delayMs: 1_000,
      });
      expect(await world.gateway.instruct(first)).toMatchObject({ outcome: 'pending' });
      await sleep(1_300);
      const sighting = await world.gateway.query(queryOf(first));
      expect(sighting.outcome).toBe('failed');
      expect(sighting.failure?.code).toBeTruthy();
      expect(await world.movements(first.reference)).toEqual([]);
    });

    test('pending becomes succeeded by notification, with amount and reference', async () => {
      const first = await instructionOf();
      await world.fault({
        call: 'instruct',
        reference: first.reference,
        behaviour: 'pending-ok',
        count: 1,
        delayMs: 100,
      });
      const sighting = await world.gateway.instruct(first);
      const notification = world.read(await received(first, 'succeeded'), new Date());
      expect(notification).toMatchObject({
        mode: 'test',
        reference: first.reference,
        providerRefundId: sighting.providerRefundId,
        facts: { outcome: 'succeeded', amountMinor: world.saysAmounts === false ? null : 5_000 },
      });
    });

    test('a notification delivered three times has one event id', async () => {
      const first = await instructionOf();
      await world.fault({ call: 'instruct', reference: first.reference, behaviour: 'duplicate-webhook:3', count: 1 });
      await world.gateway.instruct(first);
      await received(first, 'succeeded');
      await sleep(300);
      const ids = world
        .notifications()
        .map(readOrForged)
        .filter((read) => read?.reference === first.reference)
        .map((read) => read?.providerEventId);
      expect(ids.length).toBeGreaterThanOrEqual(3);
      expect(new Set(ids).size).toBeLessThan(ids.length);
    });
  });

  describe(`${provider}: notifications that come late, forged or never`, () => {
    const isOf =
      (first: PaymentInstruction, outcome?: string) =>
      (one: ReceivedNotification): boolean => {
        const read = readOrForged(one);
        return read?.reference === first.reference && (outcome === undefined || read.facts?.outcome === outcome);
      };

    test('a late one is preceded by the query, and says the same when it comes', async () => {
      const first = await instructionOf();
      const late = { call: 'instruct', reference: first.reference, behaviour: 'late-webhook', count: 1 } as const;
      await world.fault({ ...late, delayMs: 1_500 });
      await world.gateway.instruct(first);
      await sleep(300);
      expect(world.notifications().filter(isOf(first))).toEqual([]);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded' });
      expect(isOf(first, 'succeeded')(await received(first, 'succeeded'))).toBe(true);
    });

    test('one that nobody takes is sent again by the provider’s schedule, and then given up', async () => {
      const { waitsMs, setSpeed, take, attempts } = world.resending;
      const speed = waitsMs.reduce((sum, waitMs) => sum + waitMs, 0) / 2_000;
      const known = new Set((await attempts()).map(({ deliveryId }) => deliveryId));
      await setSpeed(speed);
      take(false);
      try {
        await world.gateway.instruct(await instructionOf());
        const deadline = Date.now() + 20_000;
        const givenUp = async () =>
          (await attempts()).find((one) => !known.has(one.deliveryId) && one.outcome.endsWith(' up'));
        let last = await givenUp();
        while (last === undefined && Date.now() < deadline) {
          await sleep(50);
          last = await givenUp();
        }
        const tries = (await attempts()).filter(({ deliveryId }) => deliveryId === last?.deliveryId);
        expect(tries.map(({ attempt }) => attempt)).toEqual(
          Array.from({ length: waitsMs.length + 1 }, (_, i) => i + 1),
        );
        const gapsMs = tries.slice(1).map(({ at }, i) => Date.parse(at) - Date.parse(tries[i]?.at ?? ''));
        // A busy machine is late, never early; clocks and timers are of whole milliseconds.
        for (const [i, gapMs] of gapsMs.entries()) expect(gapMs).toBeGreaterThanOrEqual((waitsMs[i] ?? 0) / speed - 2);
      } finally {
        take(true);
        await setSpeed(240);
      }
    });

    test('one that never comes is made up for by the query', async () => {
      const first = await instructionOf();
      await world.fault({ call: 'instruct', reference: first.reference, behaviour: 'no-webhook', count: 1 });
      await world.gateway.instruct(first);
      await sleep(700);
      expect(world.notifications().filter(isOf(first))).toEqual([]);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded' });
    });

    test('one that is signed by somebody else is refused', async () => {
      const first = await instructionOf();
      const before = world.notifications().length;
      await world.fault({ call: 'instruct', reference: first.reference, behaviour: 'bad-signature', count: 1 });
      await world.gateway.instruct(first);
      const deadline = Date.now() + 10_000;
      const reasons = (): string[] =>
        world
          .notifications()
          .slice(before)
          .flatMap((one) => {
            try {
              world.read(one, new Date());
              return [];
            } catch (error) {
              if (error instanceof ForgedNotificationError) return [error.reason];
              throw error;
            }
          });
      while (reasons().length === 0 && Date.now() < deadline) await sleep(25);
      expect(reasons()).toContain('bad_signature');
      expect(world.notifications().filter(isOf(first))).toEqual([]);
    });
  });

  describe(`${provider}: notifications that must not be believed`, () => {
    const minutes = (count: number): Date => new Date(Date.now() + count * 60_000);
    const read =
      (one: ReceivedNotification, at = new Date()) =>
      () =>
        world.read(one, at);

    async function genuine(): Promise<ReceivedNotification> {
      const first = await instructionOf();
      await world.gateway.instruct(first);
      return received(first, 'succeeded');
    }

    test('any flipped bit of the body', async () => {
      const { headers, rawBody } = await genuine();
      for (let n = 0; n < 40; n += 1) {
        const flipped = Buffer.from(rawBody);
        const at = Math.floor((n * rawBody.length) / 40);
        flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (n % 8)), at);
        if (world.saysTheSame?.(rawBody, flipped)) continue;
        expect(read({ headers, rawBody: flipped })).toThrow(ForgedNotificationError);
      }
    });

    test('a time too far off, on both sides', async () => {
      const one = await genuine();
      const oldest = world.oldestMinutes ?? 5;
      expect(read(world.resign(one, minutes(1 - oldest)))).not.toThrow();
      expect(read(world.resign(one, minutes(4)))).not.toThrow();
      expect(read(world.resign(one, minutes(-1 - oldest)))).toThrow(expect.objectContaining({ reason: 'too_old' }));
      expect(read(world.resign(one, minutes(6)))).toThrow(expect.objectContaining({ reason: 'too_new' }));
      expect(read(world.resign(one, minutes(24 * 60)))).toThrow(ForgedNotificationError);
    });

    test('another secret, no signature, an empty body', async () => {
      const one = await genuine();
      const otherSecret = world.resign(one, new Date(), { otherSecret: true });
      expect(read(otherSecret)).toThrow(expect.objectContaining({ reason: 'bad_signature' }));
      expect(read(world.unsigned(one))).toThrow(expect.objectContaining({ reason: 'no_signature' }));
      expect(read({ headers: one.headers, rawBody: Buffer.alloc(0) })).toThrow(ForgedNotificationError);
    });
  });
}
