/** Facts about runs: rows of lists, all about one run, its history and its events. */

/** The states, in the order in which a run may reach them. */
export const RUN_STATES = [
  'QUEUED',
  'PREPARING',
  'FITTING',
  'TRAINING',
  'EVALUATING',
  'PAUSED',
  'CANCELLING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
] as const;

export type RunState = (typeof RUN_STATES)[number];

/** A row of a list. Times are milliseconds since 1970; 0: not yet. */
export interface RunRow {
  readonly id: string;
  readonly kind: 'Distillation' | 'Training';
  readonly state: RunState;
  /** Reason of the state; may be empty. */
  readonly reason: string;
  readonly attempt: number;
  readonly team: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly submittedAtMs: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly step: number;
  readonly stepCount: number;
  /** 0: the student has not reported it. */
  readonly loss: number;
  /** Null: the student has not reported it. */
  readonly validationAccuracy: number | null;
}

export interface RunPage {
  /** Newest first. */
  readonly runs: readonly RunRow[];
  /** Value of `page` for the next page; null: this is the last page. */
  readonly nextPage: string | null;
  /** Number of fitting runs by state; the request's `state` does not limit these counts. */
  readonly counts: Readonly<Partial<Record<RunState, number>>>;
}

/** All facts about one run, without its history, report, findings and events. */
export interface RunFacts extends RunRow {
  readonly samplesPerSecond: number;
  /** Share of the student's time that it waits for targets. */
  readonly waitingShare: number;
  readonly checkpointStep: number;
  /** Share of steps whose targets were made without some of the teachers. */
  readonly degradedShare: number;
  /** Null: the run has ended. */
  readonly bottleneck: Bottleneck | null;
  readonly teachers: readonly TeacherFacts[];
  /** Seconds of the device that trained the student. */
  readonly studentDeviceSeconds: number;
  readonly warnings: readonly string[];
  /** Order in which the samples of a set in shards are visited, and why; empty: the set is one file. */
  readonly order: string;
  readonly datasetDigest: string;
  readonly modelDigest: string;
  readonly finalWeightsDigest: string;
  /** Normalised: every default filled in. */
  readonly specification: Readonly<Record<string, unknown>>;
}

/** The part that a run waits for. */
export interface Bottleneck {
  readonly name:
    | 'coordinator'
    | 'evaluation'
    | 'fitting'
    | 'pause'
    | 'preparation'
    | 'queue'
    | 'student'
    | 'teachers';
  /** The same in a few words. */
  readonly text: string;
}

/** Numbers are null if they are not known yet. */
export interface TeacherFacts {
  readonly name: string;
  readonly identity: string;
  /** Time from a ticket's issue to its last answer, averaged over the newest part of the history. */
  readonly latencyMs: number | null;
  /** Share of the targets that the teacher contributed to. */
  readonly share: number | null;
  /** Share of samples on which the teacher and the combined target name different classes. */
  readonly disagreement: number | null;
  readonly deviceSeconds: number;
  /** Why the teacher cannot be trusted; empty: no reason is known. */
  readonly problems: readonly string[];
}

export interface HistoryFacts {
  /**
   * `loss`, `learningRate`, `gradientNorm`, `samples`, `seconds`, `waitingSeconds`, `objective[0].kd`, …;
   * `validationAccuracy`, `validationNll`; then of the targets `storeShare`, `openSpans`, and of each teacher
   * `teacher.NAME.latencyMs`, `teacher.NAME.share`, `teacher.NAME.disagreement`.
   */
  readonly columns: readonly string[];
  readonly points: readonly HistoryPoint[];
}

/** The steps [firstStep, endStep), and the mean of each column over these steps; null: not known. */
export interface HistoryPoint {
  readonly firstStep: number;
  readonly endStep: number;
  readonly means: readonly (number | null)[];
}

export interface EventRow {
  readonly atMs: number;
  /** Kebab-case: `state-changed`. */
  readonly kind: string;
  readonly message: string;
}

export interface EventPage {
  /** Newest first. */
  readonly events: readonly EventRow[];
  /** Value of `before` for older events; null: there are no older ones. */
  readonly before: string | null;
}

export interface LogRow {
  readonly atMs: number;
  readonly level: string;
  /** `coordinator`, or a worker's id. */
  readonly from: string;
  readonly message: string;
}

export interface LogPage {
  /** Newest first. */
  readonly lines: readonly LogRow[];
  readonly before: string | null;
}
