export * from './activities';
export * from './errors';
export * from './ids';
export * from './messages';
export * from './refund-start';
export * from './search-attributes';
export * from './task-queues';
export * from './tend-bank-transfers';
