import type { NotificationChannel } from './channel';
import { SmtpChannel, type SmtpOptions } from './email/smtp-channel';

/** How people are reached. */
export interface MessagingOptions {
  email: SmtpOptions;
}

export interface ChannelRegistry {
  email: NotificationChannel;
  /** Ends the connections of every channel. */
  close(): void;
}

/** Builds every configured channel. */
export function createChannels(options: MessagingOptions): ChannelRegistry {
  const email = new SmtpChannel(options.email);
  return { email, close: () => email.close() };
}
