import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlipaySetup } from './alipay';
import { startInbox, startSandbox, type WeChatPayCredentials } from './index';

/** Ports when the environment names none. */
const DEFAULT_PORTS = { SANDBOX_PORT: 12111, INBOX_HTTP_PORT: 8025, INBOX_SMTP_PORT: 1025 };

function portOf(name: keyof typeof DEFAULT_PORTS): number {
  const text = process.env[name];
  if (text === undefined || text === '') return DEFAULT_PORTS[name];
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${name} must be a port, not "${text}"`);
  return port;
}

function stripeWebhook(): { url: string; secret: string } | undefined {
  const { SANDBOX_STRIPE_WEBHOOK_URL: url, SANDBOX_STRIPE_WEBHOOK_SECRET: secret } = process.env;
  if (!url && !secret) return undefined;
  if (!url || !secret) throw new Error('Set SANDBOX_STRIPE_WEBHOOK_URL and SANDBOX_STRIPE_WEBHOOK_SECRET together.');
  return { url, secret };
}

function alipay(): AlipaySetup | undefined {
  const {
    SANDBOX_ALIPAY_APP_ID: appId,
    SANDBOX_ALIPAY_APP_PUBLIC_KEY: appPublicKey,
    SANDBOX_ALIPAY_PRIVATE_KEY: privateKey,
    SANDBOX_ALIPAY_NOTIFY_URL: notifyUrl,
    SANDBOX_ALIPAY_SPEED: speed,
  } = process.env;
  if (!appId && !appPublicKey) return undefined;
  if (!appId || !appPublicKey) throw new Error('Set SANDBOX_ALIPAY_APP_ID and SANDBOX_ALIPAY_APP_PUBLIC_KEY together.');
  if (speed && !(Number(speed) >= 1)) throw new Error('SANDBOX_ALIPAY_SPEED must be a number of at least 1.');
  return {
    appId,
    appPublicKey,
    ...(privateKey ? { privateKey } : {}),
    ...(notifyUrl ? { notifyUrl } : {}),
    ...(speed ? { speed: Number(speed) } : {}),
  };
}

/** Both sides' keys, as `GET /control/wechat_pay/credentials` shows them. */
function weChatPay(): WeChatPayCredentials | undefined {
  const file = process.env['SANDBOX_WECHAT_PAY_KEYS_FILE'];
  return file ? (JSON.parse(readFileSync(file, 'utf8')) as WeChatPayCredentials) : undefined;
}

/** Standard output carries the ready line alone; what the stand-ins do goes to standard error. */
function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<void> {
  const stateDirectory = process.env['SANDBOX_STATE_DIR'];
  const webhook = stripeWebhook();
  const alipaySetup = alipay();
  const weChatPayKeys = weChatPay();
  const stateFile = (name: string) => (stateDirectory ? { stateFile: join(stateDirectory, name) } : {});
  const sandbox = await startSandbox({
    port: portOf('SANDBOX_PORT'),
    ...stateFile('sandbox.jsonl'),
    ...(webhook === undefined ? {} : { stripeWebhook: webhook }),
    ...(alipaySetup === undefined ? {} : { alipay: alipaySetup }),
    ...(weChatPayKeys === undefined ? {} : { wechatPay: weChatPayKeys }),
    log,
  });
  const inbox = await startInbox({
    httpPort: portOf('INBOX_HTTP_PORT'),
    smtpPort: portOf('INBOX_SMTP_PORT'),
    ...stateFile('inbox.jsonl'),
    log,
  });

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    Promise.all([sandbox.close(), inbox.close()]).then(
      () => process.exit(0),
      (error: unknown) => {
        log(`sandbox did not close: ${String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // A parent that dies without a word takes the channel with it.
  if (process.send !== undefined) process.on('disconnect', stop);

  const { url: sandboxUrl } = sandbox;
  const { url: inboxUrl, smtpUrl } = inbox;
  process.stdout.write(`${JSON.stringify({ ready: true, sandbox: sandboxUrl, inbox: inboxUrl, smtp: smtpUrl })}\n`);
}

main().catch((error: unknown) => {
  log(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
