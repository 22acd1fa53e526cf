export * from './judge';
export * from './staffing';
