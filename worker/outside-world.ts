import type { WorkerConfig } from '../config';
import { createCrm, type CrmConnector } from '../integrations/crm';
import { createChannels, type ChannelRegistry, type SmtpOptions } from '../integrations/messaging';
import {
  accountsOf,
  createGateways,
  createSettlementSources,
  noPayeeChecker,
  VopChecker,
  type GatewayRegistry,
  type PayeeChecker,
  type ResolveDestination,
  type SettlementRegistry,
} from '../integrations/payments';
import { createWebhookSender, type WebhookSender } from '../integrations/webhooks';

/** Everything outside that activities reach. */
export interface OutsideWorld {
  gateways: GatewayRegistry;
  settlements: SettlementRegistry;
  payeeChecker: PayeeChecker;
  crm: CrmConnector | null;
  channels: ChannelRegistry;
  webhooks: WebhookSender;
}

/** Without keys no account is kept: a refund by bank transfer fails with `no_destination`, and nothing is written. */
const noDestination: ResolveDestination = () => Promise.resolve(null);

/**
 * Builds what the configuration names.
 * @param resolveDestination finds the account of a refund that is paid by bank transfer
 * @throws Error for options that contradict
 */
export function createOutsideWorld(
  config: WorkerConfig,
  resolveDestination: ResolveDestination = noDestination,
): OutsideWorld {
  const { zoho } = config;
  const accounts = accountsOf(config.providers, { resolveDestination });
  return {
    gateways: createGateways(accounts),
    settlements: createSettlementSources(accounts),
    payeeChecker: payeeCheckerOf(config),
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

/** Plain HTTP only where no account is live. */
function payeeCheckerOf({ payeeCheck, providers }: WorkerConfig): PayeeChecker {
  if (payeeCheck === null) return noPayeeChecker;
  const { url, token } = payeeCheck;
  return new VopChecker({
    base: url,
    allowPlainHttp: providers.bank_transfer.every(({ mode }) => mode !== 'live'),
    ...(token === null ? {} : { token }),
  });
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
