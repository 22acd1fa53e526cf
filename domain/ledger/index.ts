export * from './journal';
export * from './transfer';
