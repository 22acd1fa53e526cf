import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Stripe from 'stripe';
import { clientOf, failureOf, PAYMENT, StripeSandbox, until } from './support/stripe-sandbox';

let sandbox: StripeSandbox;

beforeEach(async () => {
  sandbox = await StripeSandbox.start();
});

afterEach(async () => {
  await sandbox.close();
});

describe('refunds', () => {
  it('refunds a card with an ARN and records one movement', async () => {
    const created = await sandbox.refund('R1');
    expect(created).toMatchObject({
      object: 'refund',
      amount: 1_000,
      currency: 'cny',
      status: 'succeeded',
      payment_intent: PAYMENT,
      charge: 'ch_contract1',
      metadata: { reference: 'R1' },
    });
    expect(created.destination_details?.card?.reference).toMatch(/^\d{23}$/);
    expect(created.lastResponse.requestId).toMatch(/^req_/);
    expect(await sandbox.client.refunds.retrieve(created.id)).toMatchObject({ id: created.id, status: 'succeeded' });
    expect(await sandbox.ledger()).toEqual([
      {
        provider: 'stripe',
        reference: 'R1',
        paymentId: PAYMENT,
        amountMinor: 1_000,
        currency: 'CNY',
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        status: 'succeeded',
      },
    ]);
  });

  it('refunds the whole rest when no amount is given, by charge as well as by payment intent', async () => {
    await sandbox.refund('R1', 4_000);
    const rest = await sandbox.client.refunds.create({ charge: 'ch_contract1' });
    expect(rest.amount).toBe(6_000);
    const error = await failureOf(sandbox.refund('R3'));
    expect(error).toMatchObject({ statusCode: 400, code: 'charge_already_refunded', charge: 'ch_contract1' });
  });

  it('refuses more than what is left and moves nothing', async () => {
    await sandbox.refund('R1', 9_500);
    const error = await failureOf(sandbox.refund('R2', 501));
    expect(error).toMatchObject({ statusCode: 400, rawType: 'invalid_request_error', param: 'amount' });
    expect(await sandbox.ledger()).toHaveLength(1);
  });

  it('answers unknown objects, wrong parameters and wrong keys in the shapes of Stripe', async () => {
    expect(await failureOf(sandbox.client.refunds.create({ payment_intent: 'pi_nowhere' }))).toMatchObject({
      statusCode: 400,
      code: 'resource_missing',
      param: 'payment_intent',
    });
    expect(await failureOf(sandbox.client.refunds.retrieve('re_nowhere'))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    });
    expect(await failureOf(sandbox.refund('R1', -5))).toMatchObject({
      code: 'parameter_invalid_integer',
      param: 'amount',
    });
    const unknown = { payment_intent: PAYMENT, colour: 'red' } as Stripe.RefundCreateParams;
    expect(await failureOf(sandbox.client.refunds.create(unknown))).toMatchObject({ code: 'parameter_unknown' });
    const stranger = clientOf(sandbox.url, 'sk_live_contract');
    expect(await failureOf(stranger.refunds.list())).toMatchObject({
      type: 'StripeAuthenticationError',
      statusCode: 401,
    });
  });

  it('lists newest first, page by page, for one payment', async () => {
    await sandbox.control('POST', '/control/stripe/payment_intents', {
      id: 'pi_other',
      amountMinor: 500,
      currency: 'CNY',
    });
    await sandbox.client.refunds.create({ payment_intent: 'pi_other' });
    for (const reference of ['R1', 'R2', 'R3']) await sandbox.refund(reference);
    const first = await sandbox.client.refunds.list({ payment_intent: PAYMENT, limit: 2 });
    expect(first.has_more).toBe(true);
    expect(first.data.map((each) => each.metadata?.['reference'])).toEqual(['R3', 'R2']);
    const references: unknown[] = [];
    for await (const each of sandbox.client.refunds.list({ payment_intent: PAYMENT, limit: 2 })) {
      references.push(each.metadata?.['reference']);
    }
    expect(references).toEqual(['R3', 'R2', 'R1']);
  });

  it('cancels a refund that requires action, and no other', async () => {
    const { id } = await sandbox.refund('R1', 10_000);
    expect(await failureOf(sandbox.client.refunds.cancel(id))).toMatchObject({ statusCode: 400 });
    await sandbox.control('POST', `/control/stripe/refunds/${id}/status`, { status: 'requires_action' });
    expect(await sandbox.client.refunds.cancel(id)).toMatchObject({ status: 'canceled' });
    expect(await sandbox.ledger()).toMatchObject([{ status: 'canceled' }]);
    expect(await sandbox.refund('R2', 10_000)).toMatchObject({ status: 'succeeded' });
  });

  it('creates captured payments of its own', async () => {
    const payment = await sandbox.client.paymentIntents.create({ amount: 700, currency: 'usd', confirm: true });
    expect(payment).toMatchObject({ status: 'succeeded', amount_received: 700 });
    expect(await sandbox.client.refunds.create({ payment_intent: payment.id })).toMatchObject({ amount: 700 });
  });

  it('seeds the same payment twice without harm, and refuses another amount under its id', async () => {
    const seed = { id: PAYMENT, amountMinor: 10_000, currency: 'CNY' };
    await sandbox.refund('R1');
    expect(await sandbox.control('POST', '/control/stripe/payment_intents', seed)).toMatchObject({
      refundedMinor: 1_000,
    });
    await expect(
      sandbox.control('POST', '/control/stripe/payment_intents', { ...seed, amountMinor: 1 }),
    ).rejects.toThrow('409');
  });
});

describe('idempotency', () => {
  it('replays the first result of a key and moves money once', async () => {
    const first = await sandbox.refund('R1');
    const again = await sandbox.refund('R1');
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(again.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
    expect(first.lastResponse.headers['idempotent-replayed']).toBeUndefined();
    expect(await sandbox.ledger()).toHaveLength(1);
  });

  it('replays a stored 500 for ever, though the list knows the truth', async () => {
    await sandbox.fault('5xx');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(await failureOf(sandbox.refund('R1'))).toMatchObject({ statusCode: 500, type: 'StripeAPIError' });
    }
    expect(await sandbox.ledger()).toEqual([]);

    await sandbox.fault('5xx-after-commit');
    expect(await failureOf(sandbox.refund('R2'))).toMatchObject({ statusCode: 500 });
    const replayed = await failureOf(sandbox.refund('R2'));
    expect(replayed.headers?.['idempotent-replayed']).toBe('true');
    const listed = await sandbox.client.refunds.list({ payment_intent: PAYMENT });
    expect(listed.data.map((each) => each.metadata?.['reference'])).toEqual(['R2']);
    expect(await sandbox.ledger()).toHaveLength(1);
  });

  it('refuses a key that comes back with other parameters', async () => {
    await sandbox.refund('R1', 1_000);
    const error = await failureOf(sandbox.refund('R1', 1_001));
    expect(error).toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400 });
    expect(await sandbox.ledger()).toHaveLength(1);
  });

  it('refuses the concurrent use of a key with 409', async () => {
    await sandbox.fault('slow', { delayMs: 400 });
    const first = sandbox.refund('R1');
    await until(async () => ((await sandbox.ledger()).length === 1 ? true : undefined));
    expect(await failureOf(sandbox.refund('R1'))).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    const { id } = await first;
    expect((await sandbox.refund('R1')).id).toBe(id);
    expect(await sandbox.ledger()).toHaveLength(1);
  });

  it('does not store what is refused before execution', async () => {
    await sandbox.fault('error:rate_limit');
    expect(await failureOf(sandbox.refund('R1'))).toMatchObject({ type: 'StripeRateLimitError', statusCode: 429 });
    expect(await failureOf(sandbox.refund('R1', -1))).toMatchObject({ statusCode: 400 });
    expect(await sandbox.refund('R1')).toMatchObject({ status: 'succeeded' });
  });

  it('stores a refusal that execution gave', async () => {
    await sandbox.fault('error:charge_disputed');
    expect(await failureOf(sandbox.refund('R1'))).toMatchObject({ code: 'charge_disputed', statusCode: 400 });
    expect(await failureOf(sandbox.refund('R1'))).toMatchObject({ code: 'charge_disputed' });
    expect(await sandbox.ledger()).toEqual([]);
  });

  it('pays a second time once the provider has forgotten the key', async () => {
    const first = await sandbox.refund('R1');
    await sandbox.control('DELETE', '/control/stripe/idempotency_keys');
    expect((await sandbox.refund('R1')).id).not.toBe(first.id);
    expect(await sandbox.ledger()).toHaveLength(2);
  });
});

describe('faults', () => {
  it('leaves exactly one movement when the answer is lost after the commit', async () => {
    // The library repeats a reset connection once by itself, so two answers must be lost before the caller learns of it.
    await sandbox.fault('drop-after-commit', { reference: 'R1', count: 2 });
    expect(await failureOf(sandbox.refund('R1'))).toMatchObject({ type: 'StripeConnectionError' });
    expect(await sandbox.ledger()).toHaveLength(1);
    const healed = await sandbox.refund('R1');
    expect(healed.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(await sandbox.ledger()).toHaveLength(1);
  });

  it('moves nothing when the connection is lost before the commit', async () => {
    await sandbox.fault('drop-before-commit', { operation: 'refund.create', count: 2 });
    expect(await failureOf(sandbox.refund('R1'))).toMatchObject({ type: 'StripeConnectionError' });
    expect(await sandbox.ledger()).toEqual([]);
    await sandbox.refund('R1');
    expect(await sandbox.ledger()).toHaveLength(1);
  });

  it('strikes the named reference alone, until it is cleared', async () => {
    await sandbox.fault('error:insufficient_funds', { reference: 'R2' });
    expect(await sandbox.refund('R1')).toMatchObject({ status: 'succeeded' });
    expect(await failureOf(sandbox.refund('R2'))).toMatchObject({ code: 'insufficient_funds' });
    expect(await failureOf(sandbox.refund('R2', 1_000, 'another-key'))).toMatchObject({ code: 'insufficient_funds' });
    await sandbox.control('DELETE', '/control/faults');
    expect(await sandbox.refund('R2', 1_000, 'third-key')).toMatchObject({ status: 'succeeded' });
  });

  it('settles a pending refund later, well or badly', async () => {
    await sandbox.fault('pending-ok', { delayMs: 60 });
    const good = await sandbox.refund('R1');
    expect(good).toMatchObject({ status: 'pending', pending_reason: 'processing' });
    await sandbox.fault('pending-fail:expired_or_canceled_card', { delayMs: 60 });
    const bad = await sandbox.refund('R2', 9_000);
    await until(async () =>
      (await sandbox.client.refunds.retrieve(good.id)).status === 'succeeded' ? true : undefined,
    );
    await until(async () => ((await sandbox.client.refunds.retrieve(bad.id)).status === 'failed' ? true : undefined));
    expect(await sandbox.client.refunds.retrieve(bad.id)).toMatchObject({ failure_reason: 'expired_or_canceled_card' });
    expect((await sandbox.ledger()).map((movement) => movement.status)).toEqual(['succeeded', 'failed']);
    expect(await sandbox.refund('R3', 9_000)).toMatchObject({ status: 'succeeded' });
  });

  it('reads pass by faults of a commit, and each fault counts its calls', async () => {
    await sandbox.fault('drop-after-commit', { reference: 'R1', count: 2 });
    await sandbox.fault('5xx', { operation: 'refund.list' });
    expect(await failureOf(sandbox.client.refunds.list())).toMatchObject({ statusCode: 500 });
    expect((await sandbox.client.refunds.list()).data).toEqual([]);
    expect(await sandbox.control('GET', '/control/faults')).toMatchObject([
      { behaviour: 'drop-after-commit', remaining: 2 },
    ]);
  });

  it('refuses faults that it does not understand', async () => {
    for (const wrong of [
      { provider: 'paypal', behaviour: 'ok' },
      { provider: 'stripe', behaviour: 'explode' },
      { provider: 'stripe', behaviour: 'error' },
      { provider: 'stripe', behaviour: '5xx', count: 0 },
      { provider: 'stripe', behaviour: '5xx', operation: 'refund.destroy' },
      { provider: 'zoho', behaviour: 'pending-ok' },
    ]) {
      await expect(sandbox.control('POST', '/control/faults', wrong)).rejects.toThrow('400');
    }
  });
});

describe('state', () => {
  it('survives a restart: refunds, keys, ledger and what was still pending', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
    try {
      await sandbox.close();
      const stateFile = join(folder, 'sandbox.jsonl');
      sandbox = await StripeSandbox.start({ stateFile });
      await sandbox.fault('pending-ok', { delayMs: 300 });
      const { id } = await sandbox.refund('R1');
      const before = await sandbox.ledger();
      await sandbox.close();

      sandbox = await StripeSandbox.start({ stateFile });
      expect(await sandbox.ledger()).toEqual(before);
      expect((await sandbox.refund('R1')).id).toBe(id);
      await until(async () => ((await sandbox.client.refunds.retrieve(id)).status === 'succeeded' ? true : undefined));
      expect(await sandbox.ledger()).toMatchObject([{ reference: 'R1', status: 'succeeded' }]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is empty after a reset', async () => {
    await sandbox.refund('R1');
    await sandbox.control('POST', '/control/reset');
    expect(await sandbox.ledger()).toEqual([]);
    expect(await failureOf(sandbox.refund('R1'))).toMatchObject({ code: 'resource_missing' });
  });
});
