/** Facts about the cluster and its workers. */

export interface ClusterFacts {
  readonly version: string;
  /** Address of the coordinator, `127.0.0.1:7700`. */
  readonly coordinator: string;
  /** Whether the page may cancel, resume, retry and release. */
  readonly mayChange: boolean;
}

/** Why a call failed. */
export interface Problem {
  /** A code of gRPC: `NOT_FOUND`. */
  readonly code: string;
  readonly message: string;
}

export interface WorkerFacts {
  readonly workers: readonly WorkerRow[];
  readonly quarantines: readonly QuarantineRow[];
  /** Number of teacher workers with which no student would wait; 0: no teacher is wanted. */
  readonly desiredTeacherWorkers: number;
}

export interface WorkerRow {
  readonly id: string;
  readonly kind: 'student' | 'teacher';
  readonly version: string;
  readonly engine: string;
  readonly device: string;
  readonly computeThreads: number;
  readonly connectedAtMs: number;
  /** Names of the worker's loaded teachers, or of its run. */
  readonly busyWith: readonly string[];
  readonly ticketsInHand: number;
  readonly problems: readonly string[];
  readonly gpu: null | {
    readonly driver: string;
    readonly memoryBytes: number;
    readonly memoryBudgetBytes: number;
  };
}

export interface QuarantineRow {
  readonly workerId: string;
  readonly teacher: string;
  readonly teacherIdentity: string;
  readonly reason: string;
  readonly sinceMs: number;
}
