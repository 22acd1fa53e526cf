export * from './database';
export * from './temporal';
