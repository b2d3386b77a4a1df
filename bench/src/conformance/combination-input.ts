/** Turns the inputs of ensemble rules' cases into the form that rules take. */

export type Input = Readonly<Record<string, unknown>>;
export type Rows = readonly (readonly number[])[];

/** For each teacher [1, C]: `teacherLogits`, or the logarithms of `teacherProbs`. */
export function teacherLogits({ teacherLogits: logits, teacherProbs }: Input): Float64Array[] {
  if (logits !== undefined) return (logits as Rows).map((own) => Float64Array.from(own));
  return (teacherProbs as Rows).map((own) => Float64Array.from(own, Math.log));
}

export function weightsOf({ weights }: Input, teacherCount: number): readonly number[] {
  return (weights as readonly number[] | null | undefined) ?? new Array(teacherCount).fill(1);
}

export function classCountOf(teachers: readonly Float64Array[]): number {
  return teachers[0]?.length ?? 0;
}

export function asRows(values: Float64Array, columns: number): number[][] {
  return Array.from({ length: values.length / columns }, (_, row) =>
    Array.from(values.subarray(row * columns, (row + 1) * columns)),
  );
}
