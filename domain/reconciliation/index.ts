export * from './comparison';
export * from './coverage';
export * from './difference';
export type * from './facts';
export { judgeProcess } from './judge-own';
