/** The columns of a run's history: what is recorded of each step. */

/** The columns of every run; columns of the run's terms follow. */
export const STEP_COLUMNS = [
  /** The objective, regularisers of the student's own layers included. */
  'loss',
  'learningRate',
  /** ‖g‖₂ over all trainable weights, before clipping. */
  'gradientNorm',
  'samples',
  /** Seconds of training, and the part of them spent waiting for targets. */
  'seconds',
  'waitingSeconds',
] as const;

interface RunOfAHistory {
  readonly kind: 'Distillation' | 'Training';
  readonly spec: {
    readonly objective: readonly { readonly term: string }[];
    readonly teachers?: readonly { readonly name: string }[];
  };
}

/** How many teachers a history has: the first ones in ensemble order, so that it fits into a message. */
const HISTORY_TEACHERS = 64;

/** What a step adds for each teacher: sums, so that steps without a value do not lower a mean over steps. */
interface TeacherSums {
  /** 1 if the step's targets are made with its answers too, else 0. */
  readonly share: number;
  /** Rows with an answer that can be compared, and how many of them name another class than the combined target. */
  readonly comparedRows: number;
  readonly disagreeingRows: number;
  /**
   * 1 if a ticket was needed for the teacher's answers, which came so many milliseconds after the ticket was issued.
   */
  readonly tickets: number;
  readonly latencyMs: number;
}

/** What a pass over the validation split adds to the step before it: sums over passes. */
const VALIDATION_SUMS = ['validations', 'validationAccuracy', 'validationNll'] as const;

/** The sums of a step without a validation after it. */
export const NO_VALIDATION: readonly number[] = VALIDATION_SUMS.map(() => 0);

/** What the coordinator says of a step's targets. */
export interface TargetSums {
  readonly openSpans: number;
  /** Teachers of the history, in ensemble order; undefined: the targets were made without the teacher's answers. */
  readonly teachers: readonly (TeacherSums | undefined)[];
}

const TEACHER_SUMS = [
  'share',
  'comparedRows',
  'disagreeingRows',
  'tickets',
  'latencyMs',
] as const satisfies readonly (keyof TeacherSums)[];

/**
 * The columns that are summed over steps: {@link STEP_COLUMNS}; what each term adds to the loss, named by its place in
 * `spec.objective`, `objective[0].kd`; {@link VALIDATION_SUMS}; for a run with teachers also {@link targetSumColumns}.
 */
export function summedColumns(run: RunOfAHistory): string[] {
  return [...stepColumns(run), ...VALIDATION_SUMS, ...targetSumColumns(run)];
}

/** Sums of one pass over the validation split, in the order of {@link summedColumns}; all others are 0. */
export function validationSums(
  run: RunOfAHistory,
  { accuracy, nll }: { readonly accuracy: number; readonly nll: number },
): number[] {
  const sums = { validations: 1, validationAccuracy: accuracy, validationNll: nll };
  return [
    ...stepColumns(run).map(() => 0),
    ...VALIDATION_SUMS.map((sum) => sums[sum]),
    ...targetSumColumns(run).map(() => 0),
  ];
}

/** Columns of what the coordinator says of a step's targets; none for a run without teachers. */
export function targetSumColumns(run: RunOfAHistory): string[] {
  const teachers = teachersOf(run);
  if (teachers.length === 0) return [];
  return [
    'openSpans',
    ...teachers.flatMap((name) => TEACHER_SUMS.map((sum) => `teacher.${name}.${sum}`)),
  ];
}

/** How many of a run's teachers, in ensemble order, are in its history. */
export function historyTeacherCount(run: RunOfAHistory): number {
  return teachersOf(run).length;
}

/** Values in the order of {@link targetSumColumns}. */
export function targetSumValues({ openSpans, teachers }: TargetSums): number[] {
  return [openSpans, ...teachers.flatMap((sums) => TEACHER_SUMS.map((sum) => sums?.[sum] ?? 0))];
}

/**
 * The columns that are shown: the steps' columns; `validationAccuracy` and `validationNll`; `storeShare`, the share of
 * answers (over teachers and steps) that came from the store; `openSpans`; and for each teacher `latencyMs`, `share`
 * and `disagreement`. A quotient is NaN if its divisor is 0.
 */
export function shownColumns(run: RunOfAHistory): string[] {
  const teachers = teachersOf(run);
  const ofStudent = [...stepColumns(run), 'validationAccuracy', 'validationNll'];
  if (teachers.length === 0) return ofStudent;
  return [
    ...ofStudent,
    'storeShare',
    'openSpans',
    ...teachers.flatMap((name) =>
      ['latencyMs', 'share', 'disagreement'].map((figure) => `teacher.${name}.${figure}`),
    ),
  ];
}

/**
 * @param means - means of {@link summedColumns}, over the same steps.
 * @returns values of {@link shownColumns}.
 */
export function shownMeans(run: RunOfAHistory, means: readonly number[]): number[] {
  const own = stepColumns(run).length;
  const [validations = 0, accuracy = 0, nll = 0, openSpans = Number.NaN, ...sums] =
    means.slice(own);
  const ofStudent = [...means.slice(0, own), accuracy / validations, nll / validations];
  const teachers = teachersOf(run).map((_, teacher) => {
    const at = teacher * TEACHER_SUMS.length;
    const sum = (name: keyof TeacherSums) => sums[at + TEACHER_SUMS.indexOf(name)] ?? Number.NaN;
    return {
      share: sum('share'),
      tickets: sum('tickets'),
      latencyMs: sum('latencyMs') / sum('tickets'),
      disagreement: sum('disagreeingRows') / sum('comparedRows'),
    };
  });
  if (teachers.length === 0) return ofStudent;
  const total = (figure: 'share' | 'tickets') =>
    teachers.reduce((all, teacher) => all + teacher[figure], 0);
  return [
    ...ofStudent,
    1 - total('tickets') / total('share'),
    openSpans,
    ...teachers.flatMap(({ latencyMs, share, disagreement }) => [latencyMs, share, disagreement]),
  ];
}

function stepColumns({ spec }: RunOfAHistory): string[] {
  return [
    ...STEP_COLUMNS,
    ...spec.objective.map(({ term }, index) => `objective[${index}].${term}`),
  ];
}

/** Names of the teachers that are in the history. */
function teachersOf({ kind, spec }: RunOfAHistory): string[] {
  if (kind !== 'Distillation') return [];
  return (spec.teachers ?? []).slice(0, HISTORY_TEACHERS).map(({ name }) => name);
}
