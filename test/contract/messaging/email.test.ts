import { createServer, type Socket } from 'node:net';
import {
  createChannels,
  MessagePermanentError,
  MessageTransientError,
  type ChannelRegistry,
  type OutgoingEmail,
  type SmtpOptions,
} from '../../../integrations/messaging';
import { startInbox, type InboxMessage, type RunningInbox } from '../../../sandbox';

let inbox: RunningInbox;
let channels: ChannelRegistry;

beforeAll(async () => {
  inbox = await startInbox({ httpPort: 0, smtpPort: 0 });
  channels = channelsAt(Number(new URL(inbox.smtpUrl).port));
});
afterAll(async () => {
  channels.close();
  await inbox.close();
});

function channelsAt(port: number, options: Partial<SmtpOptions> = {}): ChannelRegistry {
  const from = 'Demo Shop <refunds@shop.example>';
  return createChannels({
    email: { host: '127.0.0.1', port, from, socketTimeoutMs: 1_000, connectionTimeoutMs: 1_000, ...options },
  });
}

let letters = 0;

function letter(changes: Partial<OutgoingEmail> = {}): OutgoingEmail {
  letters += 1;
  return {
    messageId: `ms_${letters}@redress`,
    to: `reader${letters}@example.com`,
    subject: '您的退款已获批准',
    text: 'Approved.\n',
    html: '<p>Approved.</p>',
    locale: 'zh-CN',
    ...changes,
  };
}

async function received(to: string): Promise<InboxMessage[]> {
  const response = await fetch(`${inbox.url}/messages?to=${encodeURIComponent(to)}`);
  return (await response.json()) as InboxMessage[];
}

async function fault(body: Record<string, unknown>): Promise<void> {
  const response = await fetch(`${inbox.url}/control/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'smtp', count: 1, ...body }),
  });
  if (response.status !== 201) throw new Error(await response.text());
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => error,
  );

test('a letter arrives with text, HTML, sender and the headers of an automatic letter', async () => {
  const message = letter();
  await channels.email.send(message);
  const [arrived, ...more] = await received(message.to);
  expect(more).toEqual([]);
  expect(arrived).toMatchObject({
    channel: 'email',
    from: expect.stringContaining('refunds@shop.example'),
    subject: message.subject,
  });
  expect(arrived?.text.trim()).toBe('Approved.');
  expect(arrived?.html.trim()).toBe('<p>Approved.</p>');
  expect(arrived?.headers).toMatchObject({
    'message-id': `<${message.messageId}>`,
    'auto-submitted': 'auto-generated',
    'content-language': 'zh-CN',
  });
});

test('a letter that is sent again carries the same Message-ID', async () => {
  const message = letter();
  await channels.email.send(message);
  await channels.email.send(message);
  const ids = (await received(message.to)).map(({ headers }) => headers['message-id']);
  expect(ids).toEqual([`<${message.messageId}>`, `<${message.messageId}>`]);
});

test('a connection lost after DATA is transient and ambiguous, is not repeated here, and the resend has the same Message-ID', async () => {
  const message = letter();
  await fault({ operation: 'data', reference: message.to, behaviour: 'drop-after-commit' });
  expect(await failure(channels.email.send(message))).toMatchObject({ name: 'MessageTransientError', ambiguous: true });
  expect(await received(message.to)).toHaveLength(1);
  await channels.email.send(message);
  const ids = (await received(message.to)).map(({ headers }) => headers['message-id']);
  expect(new Set(ids)).toEqual(new Set([`<${message.messageId}>`]));
});

test.each([
  ['rcpt', 'error:450', 'MessageTransientError', '450'],
  ['rcpt', 'error:550', 'MessagePermanentError', '550'],
  ['data', 'error:451', 'MessageTransientError', '451'],
  ['data', 'error:554', 'MessagePermanentError', '554'],
  ['data', 'error:503', 'MessageTransientError', '503'],
])('a reply to %s of %s is a %s', async (operation, behaviour, name, code) => {
  const message = letter();
  await fault({ operation, reference: message.to, behaviour });
  expect(await failure(channels.email.send(message))).toMatchObject({ name, code });
  expect(await received(message.to)).toEqual([]);
  await channels.email.send(message);
  expect(await received(message.to)).toHaveLength(1);
});

test('a server that stays silent after DATA ends in a transient, ambiguous error within the time-out', async () => {
  const message = letter();
  await fault({ operation: 'data', reference: message.to, behaviour: 'slow', delayMs: 5_000 });
  const startedAt = Date.now();
  expect(await failure(channels.email.send(message))).toMatchObject({ name: 'MessageTransientError', ambiguous: true });
  expect(Date.now() - startedAt).toBeLessThan(4_000);
});

test('a server that is not there, or never greets, is transient and certainly got nothing', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => {
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const mute = channelsAt(port, { connectionTimeoutMs: 300 });
  try {
    expect(await failure(mute.email.send(letter()))).toMatchObject({ name: 'MessageTransientError', ambiguous: false });
  } finally {
    mute.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  }
  const gone = channelsAt(port);
  expect(await failure(gone.email.send(letter()))).toMatchObject({ name: 'MessageTransientError', ambiguous: false });
  gone.close();
});

test.each(['', 'nobody', 'a@example.com, b@example.com', 'a@example.com\r\nBcc: b@example.com', 'A <a@example.com>'])(
  'the recipient %j is refused before anything is sent',
  async (to) => {
    expect(await failure(channels.email.send(letter({ to })))).toBeInstanceOf(MessagePermanentError);
  },
);

test('a line break in the subject does not become a header', async () => {
  const message = letter({ subject: 'Refund\r\nBcc: other@example.com' });
  await channels.email.send(message);
  const [arrived] = await received(message.to);
  expect(arrived?.headers['bcc']).toBeUndefined();
  expect(await received('other@example.com')).toEqual([]);
});

test('a closed channel fails transiently', async () => {
  const closed = channelsAt(Number(new URL(inbox.smtpUrl).port));
  closed.close();
  expect(await failure(closed.email.send(letter()))).toBeInstanceOf(MessageTransientError);
});
