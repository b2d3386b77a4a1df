/** The format of answers written down before, for the table of formats. */
import type { ModelFormat } from '../../models/index.js';
import {
  describeRecorded,
  parseRecordedPackage,
  RECORDED_MEMBER,
  type RecordedPackage,
} from './recorded-package.js';

export const recorded = {
  name: 'recorded',
  engine: 'recorded',
  member: RECORDED_MEMBER,
  parse: parseRecordedPackage,
  describe: describeRecorded,
  isWrittenDown: true,
} as const satisfies ModelFormat<RecordedPackage>;
