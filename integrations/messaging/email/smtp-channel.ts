import { createTransport } from 'nodemailer';
import { MessagePermanentError, MessageTransientError, type NotificationChannel, type OutgoingEmail } from '../channel';

/** An SMTP server, as the composition root hands it in. */
export interface SmtpOptions {
  host: string;
  port: number;
  /** TLS from the first byte (port 465). @default false: STARTTLS when the server offers it */
  secure?: boolean;
  /** Refuse to send without TLS. @default false */
  requireTls?: boolean;
  auth?: { user: string; pass: string };
  /** Sender, e.g. `Shop <refunds@shop.example>`. */
  from: string;
  replyTo?: string;
  /** @default 10000 */
  connectionTimeoutMs?: number;
  /** How long the server may be silent within a conversation. @default 20000 */
  socketTimeoutMs?: number;
  /** @default 4 */
  maxConnections?: number;
}

/** One mailbox, without display name, list or line break. */
const ADDRESS = /^[^\s@<>(),;:"\\[\]]+@[^\s@<>(),;:"\\[\]]+$/;
const MESSAGE_ID = /^[\w.+-]+@[\w.-]+$/;

/** nodemailer's errors carry its own code, and the server's reply code when there was a reply. */
interface SmtpFailure {
  code?: string;
  responseCode?: number;
  /** Of system errors: `connect` when there was never a connection. */
  syscall?: string;
  timeoutType?: string;
}

/** E-mail over SMTP through a pool of connections. */
export class SmtpChannel implements NotificationChannel {
  readonly channel = 'email';
  private readonly transport;

  constructor(private readonly options: SmtpOptions) {
    const connectionTimeoutMs = options.connectionTimeoutMs ?? 10_000;
    this.transport = createTransport({
      pool: true,
      host: options.host,
      port: options.port,
      secure: options.secure ?? false,
      requireTLS: options.requireTls ?? false,
      ...(options.auth === undefined ? {} : { auth: options.auth }),
      connectionTimeout: connectionTimeoutMs,
      greetingTimeout: connectionTimeoutMs,
      dnsTimeout: connectionTimeoutMs,
      socketTimeout: options.socketTimeoutMs ?? 20_000,
      maxConnections: options.maxConnections ?? 4,
      // The pool would send a message again by itself when the connection closes after DATA.
      maxRequeues: 0,
      // Letters are made of strings alone.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async send(message: OutgoingEmail): Promise<void> {
    if (!ADDRESS.test(message.to)) throw new MessagePermanentError('invalid_address');
    if (!MESSAGE_ID.test(message.messageId)) throw new MessagePermanentError('invalid_message_id');
    try {
      await this.transport.sendMail({
        from: this.options.from,
        ...(this.options.replyTo === undefined ? {} : { replyTo: this.options.replyTo }),
        to: { name: '', address: message.to },
        messageId: `<${message.messageId}>`,
        subject: message.subject,
        text: message.text,
        html: message.html,
        headers: {
          // Out-of-office programs answer neither (RFC 3834).
          'Auto-Submitted': 'auto-generated',
          'X-Auto-Response-Suppress': 'All',
          'Content-Language': message.locale,
        },
      });
    } catch (error) {
      throw classified(error);
    }
  }

  close(): void {
    this.transport.close();
  }
}

/** RFC 5321: 4xx may be tried again, 5xx may not. A login that is refused is the operator's to mend, not the message's. */
function classified(error: unknown): Error {
  const { code = 'unknown', responseCode, syscall, timeoutType } = (error ?? {}) as SmtpFailure;
  if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'EOAUTH2') return transient(code, false, error);
  if (responseCode !== undefined && responseCode >= 500 && responseCode < 600 && responseCode !== 503) {
    return new MessagePermanentError(String(responseCode), { cause: error });
  }
  if (responseCode !== undefined && responseCode >= 400) return transient(String(responseCode), false, error);
  if (code === 'EENVELOPE') return new MessagePermanentError(code, { cause: error });
  // Without a reply nobody knows whether the letter was taken over, unless there was never a conversation.
  const neverTalked =
    code === 'EDNS' ||
    code === 'ETLS' ||
    syscall === 'connect' ||
    (timeoutType ?? 'SOCKET_TIMEOUT') !== 'SOCKET_TIMEOUT';
  return transient(code, !neverTalked, error);
}

function transient(code: string, ambiguous: boolean, cause: unknown): MessageTransientError {
  return new MessageTransientError(code, ambiguous, { cause });
}
