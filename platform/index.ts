export * from './logger';
export * from './metrics';
export * from './nudger';
export * from './shutdown';
export * from './temporal-connection';
export * from './data-cipher';
