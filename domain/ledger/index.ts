export * from './accounting-amount';
export * from './journal';
export * from './transfer';
