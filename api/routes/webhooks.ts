import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import express, { Router, type Request, type Response } from 'express';

import {
  answersTo,
  ForgedNotificationError,
  type NotificationAnswer,
  type VerifiedNotification,
} from '../../integrations/payments/notifications';
import {
  appendSharedAudit,
  markProviderEventSignalled,
  storeProviderEvent,
  weighProviderEvent,
  type StoredProviderEvent,
} from '../../store';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { EngineUnavailable, WorkflowMissing } from '../refund-client-errors';
import { z } from '../schemas/zod';
import type { AppDeps } from '../types';

const params = z.strictObject({
  provider: z.string().regex(/^[a-z][a-z_]{0,31}$/),
  merchantAccount: z.string().regex(/^[\w.-]{1,128}$/),
});

/**
 * Providers notify while their own reply is on its way. The reply is waited for this long: telling the refund twice costs
 * it as much as a decision. Shorter than the sweep takes to see an event as not told.
 */
const REPLY_WAIT_MS = 2_000;

/** Providers' notifications are a few kilobytes; far more is none. */
const LIMIT_BYTES = 512 * 1024;

registerRoute({
  method: 'post',
  path: '/webhooks/:provider/:merchantAccount',
  tag: 'Webhooks in',
  summary: 'Where payment providers send notifications',
  description:
    'Verified on the bytes as they came, before anything is parsed; kept, answered, then handed to the refund. Duplicates and reordering are harmless.',
  request: { params },
  responses: {
    200: {
      description:
        'Received, in the words that the provider waits for: JSON for Stripe, the text `success` for Alipay, nothing for WeChat Pay.',
      schema: z.object({ received: z.literal(true) }),
    },
  },
  problems: ['notification_not_verified', 'notification_account_unknown', 'body_too_large'],
});

/** POST /webhooks/{provider}/{merchantAccount}. Mounted before bodies are parsed and keys are asked for. */
export function webhookRoutes(deps: AppDeps): Router {
  const router = Router();
  const received = deps.metrics.notifications;

  /**
   * @returns null when it is forged and the provider wants an answer of its own to that
   * @throws Problem notification_not_verified, notification_account_unknown
   */
  async function verify(
    req: Request,
    account: z.output<typeof params>,
    body: Buffer,
  ): Promise<VerifiedNotification | null> {
    try {
      const event = deps.paymentNotifications.read(
        account.provider,
        account.merchantAccount,
        req.headers,
        body,
        deps.clock(),
      );
      if (!event) throw new Problem('notification_account_unknown');
      return event;
    } catch (error) {
      if (!(error instanceof ForgedNotificationError)) throw error;
      const isProbe = error.reason === 'signature_probe';
      received.inc({ provider: account.provider, outcome: isProbe ? 'probe' : 'forged' });
      if (!isProbe) await recordForgery(account, error);
      if (answersTo(account.provider).refused !== null) return null;
      throw new Problem('notification_not_verified');
    }
  }

  /** What it claims to be is kept, nothing of what it says; not even its mode, so an account with both counts as live. */
  async function recordForgery(account: z.output<typeof params>, error: ForgedNotificationError): Promise<void> {
    const modes = deps.paymentNotifications.modesOf(account.provider, account.merchantAccount);
    const mode = modes.includes('live') || modes.length === 0 ? 'live' : 'test';
    await deps.db.$transaction((tx) =>
      appendSharedAudit(tx, 'notifications', mode, deps.clock().toISOString(), [
        {
          type: 'notification.forged',
          actor: { kind: 'unknown', id: null },
          data: { ...account, reason: error.reason },
        },
      ]),
    );
  }

  const weigh = (eventId: string) => weighProviderEvent(deps.db, eventId, deps.clock().toISOString());

  /** Tells the refund; what cannot be told now is told by the sweep. */
  async function tell(event: StoredProviderEvent & { refundId: string }): Promise<void> {
    try {
      let worth = event.worth ?? (await weigh(event.id));
      if (worth === 'awaited') {
        await pause(REPLY_WAIT_MS, undefined, { ref: false });
        worth = await weigh(event.id);
      }
      if (worth === 'known') return;
      await deps.refundClient.providerEvent(event.refundId, event.id);
      await markProviderEventSignalled(deps.db, event.id, deps.clock().toISOString());
    } catch (error) {
      const isExpected = error instanceof EngineUnavailable || error instanceof WorkflowMissing;
      deps.logger[isExpected ? 'info' : 'warn'](
        { err: error, providerEventId: event.id },
        'A provider event will be signalled by the sweep.',
      );
    }
  }

  router.post(
    '/webhooks/:provider/:merchantAccount',
    express.raw({ type: () => true, limit: LIMIT_BYTES }),
    async (req, res) => {
      const account = params.safeParse(req.params);
      if (!account.success) throw new Problem('notification_account_unknown');
      const body: Buffer = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
      const answers = answersTo(account.data.provider);
      const verified = await verify(req, account.data, body);
      if (verified === null) {
        if (answers.refused !== null) answer(res, answers.refused);
        return;
      }
      const stored = await storeProviderEvent(
        deps.db,
        { ...account.data, ...verified, payloadHash: createHash('sha256').update(body).digest('hex') },
        deps.clock().toISOString(),
      );
      received.inc({ provider: account.data.provider, outcome: outcomeOf(stored, verified.dispute !== undefined) });
      answer(res, answers.received);
      const { refundId } = stored;
      if (refundId !== null && stored.status === 'stored') await tell({ ...stored, refundId });
    },
  );

  return router;
}

function answer(res: Response, { status, body }: NotificationAnswer): void {
  res.status(status);
  if (body === null) res.end();
  else if (typeof body === 'string') res.type('text/plain').send(body);
  else res.json(body);
}

function outcomeOf(event: StoredProviderEvent, isDispute: boolean): string {
  if (!event.isNew) return 'duplicate';
  if (event.status === 'unmatched') return 'unmatched';
  return event.refundId === null && !isDispute ? 'ignored' : 'accepted';
}
