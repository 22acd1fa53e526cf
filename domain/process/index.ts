export * from './apply-transition';
export * from './check-deductions';
export * from './check-request';
export * from './effects';
export * from './match-command';
export * from './plan-acceptance';
export * from './answer';
export { type LegToPay, type TransitionContext } from './step';
export * from './prorate-lines';
