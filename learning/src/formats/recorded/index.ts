/** Answers written down before, in place of a model. */
export { readRecordingLines, readRecordingNpz } from './read-recording.js';
export { recorded } from './recorded.js';
export {
  encodeRecordedPackage,
  type RecordedAnswers,
  type RecordedPackage,
} from './recorded-package.js';
