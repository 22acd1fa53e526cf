import { setTimeout as sleep } from 'node:timers/promises';
import type { PaymentSighting } from '../../../domain/payment';
import { GatewayBusyError, NOT_FOUND, type PaymentInstruction } from '../../../integrations/payments';
import type { GatewayWorld } from './gateway-suite';
import { instructionsIn } from './instructions';

/** A gateway that instructs by files which people release: the suite's world, and what stands between the two. */
export interface FileGatewayWorld extends Pick<
  GatewayWorld,
  | 'gateway'
  | 'unreachable'
  | 'currency'
  | 'timeoutMs'
  | 'refusalCode'
  | 'tooLittleMoney'
  | 'capture'
  | 'fault'
  | 'movements'
  | 'close'
> {
  /** Two persons release the instruction, and it is handed to the provider once; whether that arrives is the fault's. */
  release(reference: string): Promise<void>;
  /** The same gateway with an empty directory of its own, as after the loss of a disk. */
  afterLoss(): Promise<GatewayWorld['gateway']>;
  /** The payee's bank sends the money back. */
  giveBack(reference: string, reason: string): Promise<void>;
  /** The provider repeats what it said about the money. */
  stateAgain(reference: string): Promise<void>;
}

/**
 * The contract of every gateway (`PaymentGateway`), fault by fault, for those that instruct by file. Its calls reach the
 * provider only after release, so `instruct` here waits for people, and faults of an instruction are faults of the delivery
 * and of the answers. Notifications are files too.
 */
export function fileGatewaySuite(provider: string, start: () => Promise<FileGatewayWorld>): void {
  let world: FileGatewayWorld;
  beforeAll(async () => {
    world = await start();
  });
  afterAll(async () => {
    await world.close();
  });

  const now = '2026-11-02T02:00:00.000Z';

  const { instructionOf, again, queryOf } = instructionsIn(() => world, now);

  const fault = (first: PaymentInstruction, behaviour: string, more: { count?: number; delayMs?: number } = {}) =>
    world.fault({ call: 'instruct', reference: first.reference, behaviour, count: 1, ...more });

  /** Instructs and releases. */
  async function send(first: PaymentInstruction): Promise<PaymentSighting> {
    const sighting = await world.gateway.instruct(first);
    await world.release(first.reference);
    return sighting;
  }

  /** Asks until the provider's later word is in. */
  async function eventually(first: PaymentInstruction, outcome: PaymentSighting['outcome']): Promise<PaymentSighting> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const sighting = await world.gateway.query(queryOf(first));
      if (sighting.outcome === outcome) return sighting;
      if (Date.now() > deadline) throw new Error(`it is still ${sighting.outcome}`);
      await sleep(50);
    }
  }

  describe(`${provider}: nothing moves before two persons have released it`, () => {
    test('an instruction is pending, here and at the provider, until it is released; then it is paid', async () => {
      const first = await instructionOf();
      const sighting = await world.gateway.instruct(first);
      expect(sighting).toMatchObject({
        source: 'reply',
        outcome: 'pending',
        amountMinor: 5_000,
        failure: null,
        at: now,
      });
      expect(sighting.providerRefundId).not.toBeNull();
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ source: 'query', outcome: 'pending' });
      expect(await world.movements(first.reference)).toEqual([]);
      await world.release(first.reference);
      const paid = await world.gateway.query(queryOf(first, sighting.providerRefundId));
      expect(paid).toMatchObject({ source: 'query', outcome: 'succeeded', amountMinor: 5_000, failure: null });
      expect(paid.providerRefundId).toBe(sighting.providerRefundId);
      expect(paid.traceNumber).not.toBeNull();
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });
  });

  describe(`${provider}: one reference, at most one movement`, () => {
    test('the same instruction before and after its release is one movement', async () => {
      const first = await instructionOf();
      const one = await world.gateway.instruct(first);
      expect(await world.gateway.instruct(again(first))).toMatchObject({ outcome: 'pending' });
      await world.release(first.reference);
      for (const repeated of [first, again(first)]) {
        const sighting = await world.gateway.instruct(repeated);
        expect(sighting).toMatchObject({ outcome: 'succeeded', providerRefundId: one.providerRefundId });
        await world.release(first.reference);
      }
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test('the same instruction five times at once is one movement', async () => {
      const first = await instructionOf();
      const sightings = await Promise.all(Array.from({ length: 5 }, () => world.gateway.instruct(first)));
      expect(sightings.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => 'pending'));
      await Promise.all(Array.from({ length: 5 }, () => world.release(first.reference)));
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test.each(['drop-after-commit', '5xx-after-commit', 'drop-before-commit', '5xx'])(
      'a delivery that ends in %s twice is repeated and moves once',
      async (behaviour) => {
        const first = await instructionOf();
        await fault(first, behaviour, { count: 2 });
        await send(first);
        // The second try fails as well; what the bank may have is never taken for what it has not.
        const second = await world.gateway.query(queryOf(first));
        expect(second.outcome).toBe(behaviour.endsWith('after-commit') ? 'succeeded' : 'pending');
        expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded', amountMinor: 5_000 });
        expect(await world.movements(first.reference)).toEqual([5_000]);
      },
    );

    test('a delivery whose answer comes too late is repeated and moves once', async () => {
      const first = await instructionOf();
      await fault(first, 'slow', { delayMs: world.timeoutMs * 2 });
      await send(first);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded' });
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test('after the loss of the directory the provider is asked, and nothing is written again', async () => {
      const first = await instructionOf();
      await send(first);
      const lost = await world.afterLoss();
      expect(await lost.query(queryOf(first))).toMatchObject({ outcome: 'succeeded', amountMinor: 5_000 });
      expect(await lost.instruct(again(first))).toMatchObject({ outcome: 'succeeded' });
      expect(await world.movements(first.reference)).toEqual([5_000]);
    });

    test('parts of one payment are told apart by their references', async () => {
      const first = await instructionOf(1_500);
      const second = { ...(await instructionOf(2_000)), providerPaymentId: first.providerPaymentId };
      await send(first);
      await send(second);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ amountMinor: 1_500 });
      expect(await world.gateway.query(queryOf(second))).toMatchObject({ amountMinor: 2_000 });
    });

    test('another amount under a used reference moves nothing and shows the amount that moved', async () => {
      const first = await instructionOf(1_500);
      await world.gateway.instruct(first);
      const early = await world.gateway.instruct({ ...first, amountMinor: 1_600 });
      expect(early).toMatchObject({ outcome: 'unknown', amountMinor: 1_500 });
      await world.release(first.reference);
      const late = await world.gateway.instruct({ ...again(first), amountMinor: 1_600 });
      expect(late).toMatchObject({ outcome: 'unknown', amountMinor: 1_500 });
      await world.release(first.reference);
      expect(await world.movements(first.reference)).toEqual([1_500]);
    });
  });

  describe(`${provider}: what is ambiguous is unknown, and heals`, () => {
    test('a reference that was never instructed is not found', async () => {
      expect(await world.gateway.query(queryOf(await instructionOf()))).toMatchObject({
        outcome: 'unknown',
        failure: { code: NOT_FOUND },
      });
    });

    test('a query that fails leaves the answer unknown', async () => {
      const first = await instructionOf();
      await send(first);
      await world.fault({ call: 'query', behaviour: '5xx', count: 1 });
      const sighting = await world.gateway.query(queryOf(first));
      expect(sighting).toMatchObject({
        source: 'query',
        outcome: 'unknown',
        failure: { class: 'provider_maintenance' },
      });
      expect(sighting.failure?.code).not.toBe(NOT_FOUND);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded' });
    });

    test.each(['slow', 'drop-before-commit', 'error:503'])(
      'answers that cannot be fetched (%s) prove nothing: neither success, nor failure, nor absence',
      async (behaviour) => {
        const first = await instructionOf();
        await send(first);
        await world.fault({ call: 'query', behaviour, count: 1, delayMs: world.timeoutMs * 2 });
        const seen = await world.gateway.query(queryOf(first)).catch((error: unknown) => error);
        if (seen instanceof Error) expect(seen).toBeInstanceOf(GatewayBusyError);
        else expect(seen).toMatchObject({ source: 'query', outcome: 'unknown' });
        expect(seen).not.toMatchObject({ failure: { code: NOT_FOUND } });
        expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded' });
      },
    );

    test('nothing is written while the look-up before it fails', async () => {
      const first = await instructionOf();
      await world.fault({ call: 'query', behaviour: '5xx', count: 1 });
      expect(await world.gateway.instruct(again(first))).toMatchObject({ outcome: 'unknown' });
      await world.release(first.reference);
      expect(await world.movements(first.reference)).toEqual([]);
    });

    test('a directory or a provider that cannot be reached is busy: nothing was done', async () => {
      const first = await instructionOf();
      for (const call of [world.unreachable.instruct(first), world.unreachable.query(queryOf(first))]) {
        const busy = await call.catch((error: unknown) => error);
        expect(busy).toBeInstanceOf(GatewayBusyError);
        expect((busy as GatewayBusyError).retryAfterMs).toBeGreaterThan(0);
      }
      expect(await world.movements(first.reference)).toEqual([]);
    });
  });

  describe(`${provider}: what the provider says later`, () => {
    test('a refusal is failed with its code, and nothing moved', async () => {
      const first = await instructionOf();
      await fault(first, `error:${world.refusalCode}`);
      await send(first);
      const sighting = await world.gateway.query(queryOf(first));
      expect(sighting).toMatchObject({ outcome: 'failed', failure: { code: world.refusalCode } });
      expect(sighting.failure?.class).not.toBe('unknown');
      expect(await world.movements(first.reference)).toEqual([]);
    });

    test('too little money of ours is failed as that, since the reference is spent; a further one pays, once', async () => {
      const first = await instructionOf();
      await fault(first, `error:${world.tooLittleMoney}`);
      await send(first);
      const shortOfMoney = { class: 'insufficient_merchant_funds', code: world.tooLittleMoney };
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'failed', failure: shortOfMoney });
      // Nothing is sent again under it, however often it is instructed.
      expect(await world.gateway.instruct(again(first))).toMatchObject({ outcome: 'failed', failure: shortOfMoney });
      const second = { ...(await instructionOf()), providerPaymentId: first.providerPaymentId };
      await send(second);
      expect(await world.gateway.query(queryOf(second))).toMatchObject({ outcome: 'succeeded', amountMinor: 5_000 });
      expect(await world.movements(first.reference)).toEqual([]);
      expect(await world.movements(second.reference)).toEqual([5_000]);
    });

    test('accepted is not paid: pending becomes succeeded', async () => {
      const first = await instructionOf();
      await fault(first, 'pending-ok', { delayMs: 2_000 });
      await send(first);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'pending', failure: null });
      expect(await eventually(first, 'succeeded')).toMatchObject({ amountMinor: 5_000 });
    });

    test('accepted is not paid: pending becomes failed, with the reason', async () => {
      const first = await instructionOf();
      await fault(first, 'pending-fail', { delayMs: 2_000 });
      await send(first);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'pending' });
      const sighting = await eventually(first, 'failed');
      expect(sighting.failure?.code).toBeTruthy();
      expect(await world.movements(first.reference)).toEqual([]);
    });

    test('a statement that comes three times is one movement', async () => {
      const first = await instructionOf();
      await fault(first, 'duplicate-webhook:3');
      await send(first);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded', amountMinor: 5_000 });
    });

    test('a late statement leaves the payment pending until it comes', async () => {
      const first = await instructionOf();
      await fault(first, 'late-webhook', { delayMs: 2_000 });
      await send(first);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'pending' });
      expect(await eventually(first, 'succeeded')).toMatchObject({ amountMinor: 5_000 });
    });

    test('no statement at all is pending, never success; the statement asked for again settles it', async () => {
      const first = await instructionOf();
      await fault(first, 'no-webhook');
      await send(first);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'pending' });
      await world.stateAgain(first.reference);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded', amountMinor: 5_000 });
    });

    test('a broken statement is unknown for its reference alone; the whole one settles it', async () => {
      const first = await instructionOf();
      const other = await instructionOf();
      await fault(first, 'bad-signature');
      await send(first);
      await send(other);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({
        outcome: 'unknown',
        failure: { class: 'interface_changed', code: 'unreadable_file' },
      });
      expect(await world.gateway.query(queryOf(other))).toMatchObject({ outcome: 'succeeded' });
      await world.stateAgain(first.reference);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded', amountMinor: 5_000 });
    });

    test('money that comes back is failed after it had succeeded, with the reason', async () => {
      const first = await instructionOf();
      await send(first);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'succeeded' });
      await world.giveBack(first.reference, 'AC04');
      expect(await world.gateway.query(queryOf(first))).toMatchObject({
        outcome: 'failed',
        amountMinor: 5_000,
        failure: { class: 'account_frozen_or_closed', code: 'returned:AC04' },
      });
      await world.stateAgain(first.reference);
      expect(await world.gateway.query(queryOf(first))).toMatchObject({ outcome: 'failed' });
      expect(await world.movements(first.reference)).toEqual([]);
    });
  });
}
