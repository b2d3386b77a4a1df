/** What a run asks its teachers for, and which targets leave to its student in which order. A pure state machine. */
export type { SpanAsk } from './span-asks.js';
export {
  type StepRange,
  type TargetAction,
  TargetFlow,
  type TargetFlowSettings,
  type TargetRange,
} from './target-flow.js';
