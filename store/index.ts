export * from './audit';
export * from './client';
export * from './new-id';
