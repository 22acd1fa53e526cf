import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Webhook } from 'standardwebhooks';
import { publicLookup, refusePrivateHost } from './address-guard';

/** One event for one subscriber. */
export interface OutgoingWebhook {
  /** The same on every attempt: subscribers recognise repetitions by it. */
  id: string;
  url: string;
  /** `whsec_…`, as Standard Webhooks writes it. */
  secret: string;
  payload: Record<string, unknown>;
  /** When this attempt is made; it is signed. */
  sentAt: Date;
}

/** What became of an attempt; only 2xx is a delivery. */
export interface WebhookAnswer {
  httpStatus: number | null;
  /** Null when it was delivered; else a short code, never a body. */
  error: string | null;
}

export interface WebhookSender {
  /** Never throws: whatever happens is an answer. */
  send(webhook: OutgoingWebhook): Promise<WebhookAnswer>;
}

export interface WebhookSenderOptions {
  /** Lets targets be http and in private networks: for a local stack alone. @default false */
  allowPrivateTargets?: boolean;
  /** Hard limit of one attempt, in milliseconds. @default 10000 */
  timeoutMs?: number;
}

/**
 * Sends signed events (Standard Webhooks 1.0). Redirects are not followed: they would go where nobody checked; an
 * answer's body is of no interest and is not read.
 */
export function createWebhookSender(options: WebhookSenderOptions = {}): WebhookSender {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const allowPrivate = options.allowPrivateTargets ?? false;
  return {
    async send(webhook) {
      try {
        const url = new URL(webhook.url);
        if (!allowPrivate) {
          if (url.protocol !== 'https:') return { httpStatus: null, error: 'not_https' };
          refusePrivateHost(url.hostname);
        }
        const httpStatus = await post(url, webhook, { timeoutMs, allowPrivate });
        const delivered = httpStatus >= 200 && httpStatus < 300;
        return { httpStatus, error: delivered ? null : `http_${httpStatus}` };
      } catch (error) {
        const code = (error as { code?: unknown }).code;
        return { httpStatus: null, error: typeof code === 'string' ? code : 'failed' };
      }
    },
  };
}

function post(
  url: URL,
  webhook: OutgoingWebhook,
  limits: { timeoutMs: number; allowPrivate: boolean },
): Promise<number> {
  const body = JSON.stringify(webhook.payload);
  const signature = new Webhook(webhook.secret).sign(webhook.id, webhook.sentAt, body);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        method: 'POST',
        agent: false,
        ...(limits.allowPrivate ? {} : { lookup: publicLookup }),
        signal: AbortSignal.timeout(limits.timeoutMs),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'Redress-Webhooks/1',
          'webhook-id': webhook.id,
          'webhook-timestamp': String(Math.floor(webhook.sentAt.getTime() / 1_000)),
          'webhook-signature': signature,
        },
      },
      (response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      },
    );
    request.on('error', (error) =>
      reject(error.name === 'AbortError' ? Object.assign(error, { code: 'timeout' }) : error),
    );
    request.end(body);
  });
}
