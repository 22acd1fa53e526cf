import type { WorkerConfig } from '../config';
import { createCrm, type CrmConnector } from '../integrations/crm';
import { createChannels, type ChannelRegistry, type SmtpOptions } from '../integrations/messaging';
import { createGateways, type GatewayRegistry } from '../integrations/payments';
import { createWebhookSender, type WebhookSender } from '../integrations/webhooks';

/** Everything outside that activities reach. */
export interface OutsideWorld {
  gateways: GatewayRegistry;
  crm: CrmConnector | null;
  channels: ChannelRegistry;
  webhooks: WebhookSender;
}

/** Builds what the configuration names. @throws Error for options that contradict */
export function createOutsideWorld(config: WorkerConfig): OutsideWorld {
  const { stripe, zoho } = config;
  return {
    gateways: createGateways(
      stripe === null
        ? {}
        : {
            stripe: [
              {
                merchantAccount: stripe.merchantAccount,
                mode: stripe.mode,
                secretKey: stripe.secretKey,
                ...(stripe.apiUrl === null ? {} : { apiBase: stripe.apiUrl }),
              },
            ],
          },
    ),
    crm: createCrm(
      zoho === null
        ? { crm: 'none' }
        : {
            crm: 'zoho',
            zoho: {
              clientId: zoho.clientId,
              clientSecret: zoho.clientSecret,
              refreshToken: zoho.refreshToken,
              accountsBase: zoho.accountsUrl,
              apiBase: zoho.apiUrl,
              refundModule: zoho.module,
            },
          },
    ),
    channels: createChannels({ email: smtpOptions(config.mail) }),
    webhooks: createWebhookSender({ allowPrivateTargets: config.webhooks.allowPrivateTargets }),
  };
}

/** `smtps:` speaks TLS from the first byte; with a password, plain `smtp:` insists on STARTTLS. */
export function smtpOptions(mail: WorkerConfig['mail']): SmtpOptions {
  const url = new URL(mail.smtpUrl);
  const secure = url.protocol === 'smtps:';
  const hasLogin = url.username !== '';
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTls: hasLogin && !secure,
    ...(hasLogin ? { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } } : {}),
    from: mail.from,
  };
}
