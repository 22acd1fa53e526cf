import { PUBLIC_EVENTS } from '../../domain/process';
import { instant, pageOf, pageQuery, redressId } from './common';
import { z } from './zod';

const events = z
  .array(z.enum(PUBLIC_EVENTS))
  .min(1)
  .max(PUBLIC_EVENTS.length)
  .refine((all) => new Set(all).size === all.length, { params: { code: 'duplicate_id' }, message: 'duplicate_id' });

/** POST /v1/webhook-endpoints */
export const createWebhookEndpointBody = z
  .strictObject({ url: z.url().max(2_000), events })
  .openapi('WebhookEndpointInput');

export const webhookEndpointParams = z.strictObject({ id: redressId('wh') });
export const webhookDeliveryParams = z.strictObject({ id: redressId('wh'), deliveryId: redressId('wd') });

export const webhookDeliveryQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(['due', 'delivered', 'dead']).optional(),
});

export const webhookEndpointView = z
  .object({
    id: redressId('wh'),
    url: z.string(),
    events,
    status: z.enum(['enabled', 'disabled']),
    createdAt: instant,
    disabledAt: instant.nullable(),
  })
  .openapi('WebhookEndpoint');

export const createdWebhookEndpoint = webhookEndpointView
  .extend({
    secret: z.string().nullable().openapi({
      description: 'Verifies the signature of deliveries (Standard Webhooks). Shown once: null in a repeated answer.',
    }),
  })
  .openapi('CreatedWebhookEndpoint');

export const webhookEndpointList = z.object({ data: z.array(webhookEndpointView), nextCursor: z.null() });

export const webhookDeliveryView = z
  .object({
    id: redressId('wd'),
    event: z.enum(PUBLIC_EVENTS),
    refundId: redressId('rf'),
    seq: z.int(),
    status: z.enum(['due', 'delivered', 'dead']),
    attempts: z.int(),
    dueAt: instant,
    lastStatus: z.int().nullable().openapi({ description: 'HTTP status of the last attempt.' }),
    lastError: z.string().nullable(),
    deliveredAt: instant.nullable(),
    createdAt: instant,
  })
  .openapi('WebhookDelivery');

export const webhookDeliveryPage = pageOf(webhookDeliveryView);
