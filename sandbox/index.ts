export { startInbox, type InboxMessage, type InboxOptions, type RunningInbox } from './inbox';
export type { Fault } from './faults';
export type { Movement, MovementStatus } from './ledger';
export { startSandbox, type Running, type SandboxOptions } from './server';
export { generateWeChatPayCredentials, type WeChatPayCredentials } from './wechat-pay';
