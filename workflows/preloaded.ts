import '../contract';
import '../domain/approval';
import '../domain/money';
import '../domain/payment';
import '../domain/refund';

/*
 * What all workflows of a worker share: evaluated once and frozen, instead of once a workflow. Names and rules alone,
 * nothing that keeps a state.
 *
 * Of every promise of a workflow the SDK writes down the stack, mapped to the source, for the call-stack page of the
 * Temporal UI. Full stacks cost a sixth of the workflow thread's work. Three frames say where an error was thrown; where
 * a refund stands is said by its current details.
 */
Error.stackTraceLimit = 3;
