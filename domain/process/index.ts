export * from './apply-transition';
export { proposedActionOf, type DeskFacts } from './check-desk-facts';
export * from './desk-rules';
export * from './check-request';
export * from './effects';
export * from './match-command';
export * from './plan-acceptance';
export * from './answer';
export { type LegToPay, type TransitionContext } from './step';
