export * from './bank-account';
export * from './destination';
export * from './holder-vs-customer';
