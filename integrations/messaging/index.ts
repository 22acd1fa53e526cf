export * from './channel';
export { createChannels, type ChannelRegistry, type MessagingOptions } from './registry';
export type { SmtpOptions } from './email/smtp-channel';
export { renderEmail, type MessageView, type RenderedEmail } from './templates';
