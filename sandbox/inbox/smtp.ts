import type { AddressInfo, Socket } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Fault, FaultBoard } from '../faults';
import { HOST, type Log } from '../http';
import type { Timers } from '../timers';
import { messageFromEmail, type InboxMessages } from './messages';

/** Names that a fault's `operation` may have: RCPT TO, or the end of DATA. */
export const SMTP_OPERATIONS = ['rcpt', 'data'] as const;

const MAX_MESSAGE_BYTES = 25 * 1024 * 1024;
const SLOW_MS = 1_000;
const CLOSE_TIMEOUT_MS = 200;

/** What the SMTP server works with. */
export interface SmtpParts {
  readonly messages: InboxMessages;
  readonly faults: FaultBoard;
  readonly timers: Timers;
  readonly log: Log;
}

/** A listening SMTP server. */
export interface SmtpListening {
  readonly smtpUrl: string;
  close(): Promise<void>;
}

/**
 * Starts the SMTP server on 127.0.0.1: no TLS, any credentials or none, every recipient is welcome.
 * @param port 0 takes a free one
 */
export async function listenSmtp(parts: SmtpParts, port: number): Promise<SmtpListening> {
  const sockets = new Map<number, Socket>();
  const drop = (session: SMTPServerSession): void => {
    sockets.get(session.remotePort)?.resetAndDestroy();
  };
  const server = new SMTPServer({
    name: 'inbox.localhost',
    banner: 'Redress local inbox',
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    size: MAX_MESSAGE_BYTES,
    closeTimeout: CLOSE_TIMEOUT_MS,
    onAuth: (auth, _session, callback) => callback(null, { user: auth.username ?? 'anonymous' }),
    onRcptTo: (address, session, callback) => {
      const call = { provider: 'smtp', operation: 'rcpt', references: [address.address], commits: false };
      const waiting = parts.faults.all().some((fault) => fault.operation === 'rcpt');
      const fault = waiting ? parts.faults.takeForAnswer(call) : undefined;
      if (fault?.name === 'drop-before-commit') return drop(session);
      callback(refusalOf(fault));
    },
    onData: (stream, session, callback) => {
      receive(parts, stream, session)
        .then((outcome) => {
          if (outcome === 'drop') drop(session);
          else callback(outcome);
        })
        .catch((error: unknown) => {
          parts.log(`inbox failed to read a message: ${String(error)}`);
          callback(smtpError(451, 'message could not be read'));
        });
    },
  });
  server.on('error', (error) => parts.log(`smtp: ${error.message}`));
  server.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    if (remotePort === undefined) return;
    sockets.set(remotePort, socket);
    socket.once('close', () => sockets.delete(remotePort));
  });
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  const address = server.server.address() as AddressInfo;
  return {
    smtpUrl: `smtp://${HOST}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        for (const socket of sockets.values()) socket.destroy();
      }),
  };
}

async function receive(
  parts: SmtpParts,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<Error | null | 'drop'> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  if (stream.sizeExceeded) return smtpError(552, `message exceeds ${MAX_MESSAGE_BYTES} bytes`);
  const email = await PostalMime.parse(Buffer.concat(chunks));
  const { mailFrom, rcptTo } = session.envelope;
  const recipients = rcptTo.map((recipient) => recipient.address);
  const references = [...recipients, ...(email.messageId === undefined ? [] : [email.messageId])];
  const fault = parts.faults.takeForAnswer({ provider: 'smtp', operation: 'data', references, commits: true });
  if (fault?.name === 'slow-before-commit') await parts.timers.sleep(fault.delayMs ?? SLOW_MS);
  if (fault?.name === 'drop-before-commit') return 'drop';
  const refusal = refusalOf(fault);
  if (refusal !== null) return refusal;
  const message = messageFromEmail(email, mailFrom === false ? '' : mailFrom.address, recipients);
  parts.messages.add(message);
  parts.log(`inbox received ${message.id}`);
  if (fault?.name === 'slow') await parts.timers.sleep(fault.delayMs ?? SLOW_MS);
  return fault?.name === 'drop-after-commit' ? 'drop' : null;
}

function refusalOf(fault: Fault | undefined): Error | null {
  if (fault?.name === '5xx') return smtpError(554, 'transaction failed (sandbox fault)');
  if (fault?.name !== 'error') return null;
  const code = Number(fault.argument);
  const valid = Number.isInteger(code) && code >= 400 && code <= 599;
  return smtpError(valid ? code : 550, `sandbox fault: ${fault.argument ?? ''}`);
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
