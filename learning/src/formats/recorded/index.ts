/** Answers written down before, in place of a model. */
export { readRecordingLines, readRecordingNpz } from './read-recording.js';
export {
  describeRecorded,
  encodeRecordedPackage,
  parseRecordedPackage,
  RECORDED_MEMBER,
  type RecordedAnswers,
  type RecordedPackage,
} from './recorded-package.js';
