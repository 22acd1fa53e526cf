export * from './allocate';
export * from './amount';
export * from './currencies';
export * from './format';
export * from './rate';
