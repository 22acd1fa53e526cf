export { isPublicAddress } from './address-guard';
export * from './sender';
