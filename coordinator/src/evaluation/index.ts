/** What is measured: a rule fitted, a run reported on, an ensemble compared, stored answers asked again. */
export { EnsembleEvaluations } from './ensemble-evaluation.js';
export { RunEvaluation, type RunEvaluationParts } from './run-evaluation.js';
export { RunFindings } from './run-findings.js';
export { RunFitting } from './run-fitting.js';
export { AnswerVerifications } from './verification/index.js';
