import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport, type SendMailOptions, type SentMessageInfo } from 'nodemailer';
import { startInbox, type InboxMessage, type RunningInbox } from '../../sandbox';

const LETTER: SendMailOptions = {
  from: '"售后服务" <service@shop.example>',
  to: 'wang@example.com',
  subject: '您的退款已到账：¥128.00',
  text: '尊敬的客户，您的退款已原路退回。',
  html: '<p>尊敬的客户，您的退款<b>已原路退回</b>。</p>',
  messageId: '<refund-1@shop.example>',
  headers: { 'X-Refund': 'R1' },
};

let inbox: RunningInbox;

beforeEach(async () => {
  inbox = await startInbox({ httpPort: 0, smtpPort: 0 });
});

afterEach(async () => {
  await inbox.close();
});

async function send(letter: SendMailOptions = LETTER): Promise<SentMessageInfo> {
  const transport = createTransport(inbox.smtpUrl);
  try {
    return await transport.sendMail(letter);
  } finally {
    transport.close();
  }
}

async function messages(query = ''): Promise<InboxMessage[]> {
  return (await (await fetch(`${inbox.url}/messages${query}`)).json()) as InboxMessage[];
}

async function fault(behaviour: string, more: Record<string, unknown> = {}): Promise<void> {
  const response = await fetch(`${inbox.url}/control/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'smtp', behaviour, ...more }),
  });
  expect(response.status).toBe(201);
}

it('receives a Chinese letter with text, HTML and headers', async () => {
  await send();
  expect(await messages()).toEqual([
    {
      id: expect.any(String),
      channel: 'email',
      to: 'wang@example.com',
      from: 'service@shop.example',
      subject: '您的退款已到账：¥128.00',
      text: expect.stringContaining('尊敬的客户，您的退款已原路退回。'),
      html: expect.stringContaining('<b>已原路退回</b>'),
      receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      headers: expect.objectContaining({ 'message-id': '<refund-1@shop.example>', 'x-refund': 'R1' }),
    },
  ]);
});

it('keeps both copies of a letter that came twice with one Message-ID', async () => {
  await send();
  await send();
  expect((await messages()).map((message) => message.headers['message-id'])).toEqual([
    '<refund-1@shop.example>',
    '<refund-1@shop.example>',
  ]);
});

it('finds letters by recipient, bounds the list, and forgets on demand', async () => {
  await send();
  await send({ ...LETTER, to: ['li@example.com', 'zhao@example.com'], subject: 'second' });
  await send({ ...LETTER, to: 'li@example.com', subject: 'third' });
  expect((await messages('?to=LI@example.com')).map((message) => message.subject)).toEqual(['second', 'third']);
  expect((await messages('?limit=1')).map((message) => message.subject)).toEqual(['third']);
  expect((await fetch(`${inbox.url}/messages?limit=-1`)).status).toBe(400);
  await fetch(`${inbox.url}/messages`, { method: 'DELETE' });
  expect(await messages()).toEqual([]);
});

it('refuses with the SMTP code that was asked for, and keeps nothing', async () => {
  await fault('error:451');
  await expect(send()).rejects.toMatchObject({ responseCode: 451 });
  await fault('error:550', { operation: 'rcpt', reference: 'wang@example.com', count: 1 });
  await expect(send()).rejects.toMatchObject({ responseCode: 550 });
  expect(await messages()).toEqual([]);
  await send();
  expect(await messages()).toHaveLength(1);
});

it('loses the connection before or after it has kept the letter', async () => {
  await fault('drop-before-commit');
  await expect(send()).rejects.toThrow();
  expect(await messages()).toHaveLength(0);
  await fault('drop-after-commit', { reference: '<refund-1@shop.example>', count: 1 });
  await expect(send()).rejects.toThrow();
  expect(await messages()).toHaveLength(1);
});

it('shows letters on a page that runs nothing a letter brings', async () => {
  await send({ ...LETTER, subject: '<script>alert(1)</script>', html: '<script>alert(2)</script><p>退款</p>' });
  const list = await fetch(`${inbox.url}/`);
  expect(list.headers.get('content-security-policy')).toContain("default-src 'none'");
  const page = await list.text();
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).not.toContain('<script');
  const [message] = await messages();
  expect(message).toBeDefined();
  const view = await (await fetch(`${inbox.url}/messages/${message?.id}/view`)).text();
  expect(view).not.toContain('<script');
  const letter = await fetch(`${inbox.url}/messages/${message?.id}/html`);
  expect(letter.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
  expect((await fetch(`${inbox.url}/messages/unknown`)).status).toBe(404);
});

it('has its letters again after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'inbox-'));
  try {
    await inbox.close();
    const stateFile = join(folder, 'inbox.jsonl');
    inbox = await startInbox({ httpPort: 0, smtpPort: 0, stateFile });
    await send();
    const before = await messages();
    await inbox.close();
    inbox = await startInbox({ httpPort: 0, smtpPort: 0, stateFile });
    expect(await messages()).toEqual(before);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
