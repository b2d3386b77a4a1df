/** All facts that a report is made from. */
import type { Findings, HistoryFacts, Report } from '../api/index.js';
import type { TeacherCost } from '../components/index.js';

export interface ReportInput {
  readonly report: Report;
  /** The findings, or in words why there are none. */
  readonly findings: Findings | Missing;
  readonly history: HistoryFacts | Missing;
  readonly cost: RunCost | Missing;
  /** Milliseconds since 1970; 0: not known. */
  readonly endedAtMs: number;
  /** The normalised specification. */
  readonly specificationYaml: string;
}

export interface Missing {
  readonly missing: string;
}

interface RunCost {
  readonly studentDeviceSeconds: number;
  readonly teachers: readonly TeacherCost[];
}

export function isMissing(value: object): value is Missing {
  return 'missing' in value;
}
