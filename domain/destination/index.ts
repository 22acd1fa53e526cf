export * from './bank-account';
export * from './destination';
