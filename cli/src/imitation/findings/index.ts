/** The findings of a check, in figures and in sentences. Pure. */
export type { ClassBias } from './bias.js';
export { remarks, unreadableRemarks } from './remarks.js';
export { type CheckSummary, rulesOf, summarise } from './summary.js';
export { costsOf, type Repair, type TeacherCosts } from './teacher-costs.js';
