export * from './audit';
export * from './client';
export * from './new-id';
export * from './desk';
export * from './refund-views';
export * from './review-facts';
export * from './tasks';
export * from './timeline';
