export * from './crm';
export * from './messaging';
export * from './payments';
