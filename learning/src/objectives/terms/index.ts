/** The terms of the objective: one file for each term, and the table of them. */
export * from './table.js';
export type { AnswerInputs, LayerPair, TargetNeed } from './term.js';
