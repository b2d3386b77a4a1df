/** Runs: a line each in lists, everything about one, its history and events. */

/** In the order in which a run may come to them. */
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

/** What a list shows. Times are milliseconds since 1970; 0: not yet. */
export interface RunRow {
  readonly id: string;
  readonly kind: 'Distillation' | 'Training';
  readonly state: RunState;
  /** Why, where the state alone does not say; may be empty. */
  readonly reason: string;
  readonly attempt: number;
  readonly team: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly submittedAtMs: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly step: number;
  readonly stepCount: number;
  /** 0 where the student has not told. */
  readonly loss: number;
  /** Null where the student has not told. */
  readonly validationAccuracy: number | null;
}

export interface RunPage {
  /** Newest first. */
  readonly runs: readonly RunRow[];
  /** `page` of the next one; null: there is none. */
  readonly nextPage: string | null;
  /** How many runs fit, by state, whatever `state` was asked for. */
  readonly counts: Readonly<Partial<Record<RunState, number>>>;
}

/** Everything about one run but its history, report, findings and events. */
export interface RunFacts extends RunRow {
  readonly samplesPerSecond: number;
  /** Share of its time that the student waits for targets. */
  readonly waitingShare: number;
  readonly checkpointStep: number;
  /** Share of steps whose targets were made of fewer than all teachers. */
  readonly degradedShare: number;
  /** What it waits for, by name and in a few words; null: it has ended. */
  readonly bottleneck: Bottleneck | null;
  readonly teachers: readonly TeacherFacts[];
  /** Seconds of the device that trained the student. */
  readonly studentDeviceSeconds: number;
  readonly warnings: readonly string[];
  /** In which the samples of a set in shards are visited, and why; empty: it is one file. */
  readonly order: string;
  readonly datasetDigest: string;
  readonly modelDigest: string;
  readonly finalWeightsDigest: string;
  /** Normalised: every default filled in. */
  readonly specification: Readonly<Record<string, unknown>>;
}

/** What a run waits for, by name. */
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
  /** In a few words. */
  readonly text: string;
}

/** Numbers are null where nothing is known yet. */
export interface TeacherFacts {
  readonly name: string;
  readonly identity: string;
  /** From a ticket's issue to its last answer, mean over the newest part of the history. */
  readonly latencyMs: number | null;
  /** Share of targets that it contributed to. */
  readonly share: number | null;
  /** Share of samples on which it and the combined target disagree about the class. */
  readonly disagreement: number | null;
  readonly deviceSeconds: number;
  /** Why it cannot be trusted, or nothing. */
  readonly problems: readonly string[];
}

export interface HistoryFacts {
  /**
   * `loss`, `learningRate`, `gradientNorm`, `samples`, `seconds`, `waitingSeconds`, `objective[0].kd`, …;
   * `validationAccuracy`, `validationNll`; then of the targets: `storeShare`, `openSpans`, and of each teacher `teacher.NAME.latencyMs`, `teacher.NAME.share`,
   * `teacher.NAME.disagreement`.
   */
  readonly columns: readonly string[];
  readonly points: readonly HistoryPoint[];
}

/** Steps [firstStep, endStep) and the mean of each column over a step; null: not known. */
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
  /** `before` of the older ones; null: these were the first. */
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
