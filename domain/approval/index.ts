export * from './decision-link';
export * from './delegation';
export * from './judge';
export * from './judge-desk';
export * from './list-desk-actions';
export * from './priority';
export * from './staffing';
