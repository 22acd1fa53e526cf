export * from './apply-transition';
export * from './check-request';
export * from './direct-legs';
export * from './effects';
export * from './match-command';
export * from './plan-acceptance';
export * from './answer';
export { type LegToPay, type TransitionContext } from './step';
