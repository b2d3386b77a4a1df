/** Sections of a run that have teachers: ensemble, objective, views, answers; and what must hold between them. */
export { answers, answersProblems } from './answers-schema.js';
export { ensemble, ensembleProblems } from './ensemble-schema.js';
export { featureProblems } from './feature-rules.js';
export { objectiveProblems } from './objective-rules.js';
export { DEFAULT_OBJECTIVE, term, termAlone } from './objective-schema.js';
export { quorumProblems } from './quorum-schema.js';
export {
  CANARY_SAMPLES,
  teacherHealthFields,
  teacherHealthProblems,
} from './teacher-health-schema.js';
export { PICTURE_VIEWS, type ViewSettings, views, viewsProblems } from './views-schema.js';
