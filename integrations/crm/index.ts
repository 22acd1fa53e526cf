export * from './connector';
export { createCrm, type CrmOptions } from './registry';
export type { ZohoOptions } from './zoho/options';
