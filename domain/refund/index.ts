export * from './plan';
export * from './process';
export * from './status';
export * from './transition';
export * from './message';
