/** The terms of the objective: a file each that says all of one, and the table of them. */
export * from './table.js';
export type { AnswerInputs, LayerPair, TargetNeed } from './term.js';
