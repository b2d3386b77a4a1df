/** What is known of each step of a run, in the order of a history's columns. */

/** The columns of every run; those of its terms follow. */
export const STEP_COLUMNS = [
  /** The objective, regularisers of the student's own layers included. */
  'loss',
  'learningRate',
  /** ‖g‖₂ over all trainable weights, before it is clipped. */
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

/** A run's history has its first teachers in ensemble order, and not more, so that it fits a message. */
const HISTORY_TEACHERS = 64;

/** What a step adds of each teacher: sums, since a mean over some steps must not be thinned by the others. */
interface TeacherSums {
  /** 1: the targets are made of its answers too. */
  readonly share: number;
  /** Rows with an answer that can be compared, and those of them of another class than the combined target. */
  readonly comparedRows: number;
  readonly disagreeingRows: number;
  /** 1: a ticket was needed for its answers, which came so many milliseconds after its issue. */
  readonly tickets: number;
  readonly latencyMs: number;
}

/** What a pass over the validation split adds to the step that it came after: sums over passes. */
const VALIDATION_SUMS = ['validations', 'validationAccuracy', 'validationNll'] as const;

/** The sums of a step that no validation followed. */
export const NO_VALIDATION: readonly number[] = VALIDATION_SUMS.map(() => 0);

/** What the coordinator tells of a step's targets. */
export interface TargetSums {
  readonly openSpans: number;
  /** Teachers of the history, in ensemble order; undefined: the targets are made without its answers. */
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
 * What is summed over steps: {@link STEP_COLUMNS}; what each term adds to the loss, by its place in `spec.objective`:
 * `objective[0].kd`; {@link VALIDATION_SUMS}; and of a run that asks teachers {@link targetSumColumns}.
 */
export function summedColumns(run: RunOfAHistory): string[] {
  return [...stepColumns(run), ...VALIDATION_SUMS, ...targetSumColumns(run)];
}

/** In the order of {@link summedColumns}, of a pass over the validation split; all else 0. */
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

/** Columns of what the coordinator tells of a step's targets; none for a run without teachers. */
export function targetSumColumns(run: RunOfAHistory): string[] {
  const teachers = teachersOf(run);
  if (teachers.length === 0) return [];
  return [
    'openSpans',
    ...teachers.flatMap((name) => TEACHER_SUMS.map((sum) => `teacher.${name}.${sum}`)),
  ];
}

/** So many of a run's teachers, in ensemble order, are in its history. */
export function historyTeacherCount(run: RunOfAHistory): number {
  return teachersOf(run).length;
}

/** In the order of {@link targetSumColumns}. */
export function targetSumValues({ openSpans, teachers }: TargetSums): number[] {
  return [openSpans, ...teachers.flatMap((sums) => TEACHER_SUMS.map((sum) => sums?.[sum] ?? 0))];
}

/**
 * What is shown of a run: the steps' columns as they are; `validationAccuracy` and `validationNll`; `storeShare`, the part of the answers that the store had, by
 * teachers and steps; `openSpans`; and of each teacher `latencyMs`, `share` and `disagreement`. A quotient is NaN where
 * there is nothing that it could be of.
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
 * @param means - of {@link summedColumns}, over the same steps.
 * @returns those of {@link shownColumns}.
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

/** Those in the history. */
function teachersOf({ kind, spec }: RunOfAHistory): string[] {
  if (kind !== 'Distillation') return [];
  return (spec.teachers ?? []).slice(0, HISTORY_TEACHERS).map(({ name }) => name);
}
