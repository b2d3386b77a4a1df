/** What every import shares: options, classes, splits, the samples as they are read, and refusals. */
export { ClassNumbers, finalLabels, type KnownClasses, numberedClasses } from './class-numbers.js';
export {
  type ColumnKind,
  type ImportOptions,
  parseClasses,
  parseColumns,
  parseNgrams,
  parseSize,
  parseSplit,
  type SplitChoice,
} from './import-options.js';
export {
  Ignored,
  orRefused,
  Refusals,
  type RefusedProblem,
  type RefusedSample,
} from './refusals.js';
export {
  type CollectedSamples,
  type CollectingSink,
  collectSamples,
  finishSamples,
  noSamples,
  type OpenSamples,
  type Sample,
  type SampleSink,
  type WrittenSamples,
  writeSamples,
} from './samples.js';
export { chosenSplits } from './split-choice.js';
