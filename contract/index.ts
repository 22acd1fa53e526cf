export * from './activities';
export * from './errors';
export * from './ids';
export * from './messages';
export * from './search-attributes';
export * from './task-queues';
