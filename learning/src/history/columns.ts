/** What a student tells of each step, in the order of a history's columns. */

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

interface TermsOfARun {
  readonly spec: { readonly objective: readonly { readonly term: string }[] };
}

/** {@link STEP_COLUMNS}, and what each term adds to the loss, by its place in `spec.objective`: `objective[0].kd`. */
export function historyColumns({ spec }: TermsOfARun): string[] {
  return [
    ...STEP_COLUMNS,
    ...spec.objective.map(({ term }, index) => `objective[${index}].${term}`),
  ];
}
