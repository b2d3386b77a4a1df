/** The figures that one process measured on one device, part by part. Plain data: they travel as JSON. */
import type { Gpu } from '@lyceum/platform';

export interface ProbeOptions {
  readonly device: Gpu | 'cpu';
  readonly determinism: 'strict' | 'fast';
  /** Use a teacher that a processor computes in a moment, and few steps: to try the check itself. */
  readonly small: boolean;
  /** Parts to measure, in this order. */
  readonly parts: readonly PartName[];
}

export interface Outputs {
  readonly samplesPerSecond: number;
  /** Logits of a fixed batch, row-major. */
  readonly logits: readonly number[];
  /** Greatest difference from the same question asked again, as a share of the greatest logit. */
  readonly movedBy: number;
}

export interface Steps {
  readonly stepsPerSecond: number;
  /** Digest of the weights in the end. */
  readonly digest: string;
}

export interface Parts {
  readonly engine: {
    /** Name and version, `tensorflow 2.21.0`, and `gpu` or `cpu` with its model. */
    readonly version: string;
    readonly device: string;
    /** Why TensorFlow does not compute on the device that it was told to use; undefined: it does. */
    readonly unused?: string | undefined;
  };
  readonly teacher: Outputs & {
    readonly parameterCount: number;
    /** Least difference of two samples' logits, as a share of the greatest: swapped samples differ by as much. */
    readonly rowsDifferBy: number;
    /** Why operations run one by one; undefined: they are a graph. */
    readonly notTraced?: string | undefined;
    /** GPU memory that loading and the first batches take; undefined: the driver does not tell. */
    readonly memoryBytes?: number | undefined;
  };
  /** Rate of the same teacher at the batch of workers. */
  readonly fullBatch: { readonly samplesPerSecond: number };
  readonly student: {
    /** Samples a step. */
    readonly batchSize: number;
    readonly traced: Measured<Steps>;
    readonly eager: Steps;
  };
  readonly onnx: Outputs & { readonly memoryBytes?: number | undefined };
  /** Both engines with their teachers in one process, in turn: how far each is from its answers of before. */
  readonly together: { readonly tensorflowMovedBy: number; readonly onnxMovedBy: number };
}

export type PartName = keyof Parts;

/** Results by part. A part that was not asked for has a problem too. */
export type ProbeResult = { readonly [Name in PartName]: Measured<Parts[Name]> };

export type Measured<T> = T | { readonly problem: string };

export function isMeasured<T extends object>(
  result: Measured<T>,
): result is Exclude<Measured<T>, { readonly problem: string }> {
  return !('problem' in result);
}

export function problemOf(result: Measured<object>): string | undefined {
  return 'problem' in result ? (result.problem as string) : undefined;
}

/**
 * @param lines - JSON objects of one part each, of a process that may have died between two; other lines are
 * libraries'.
 */
export function probeResult(lines: readonly string[], death: string | undefined): ProbeResult {
  const parts = lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line, withNumbers));
  const measured: Partial<ProbeResult> = Object.assign({}, ...parts);
  const absent = { problem: death ?? 'not measured' };
  return {
    engine: absent,
    teacher: absent,
    fullBatch: absent,
    student: absent,
    onnx: absent,
    together: absent,
    ...measured,
  };
}

/** JSON writes null for NaN and infinity, and null would pass for 0. */
function withNumbers(_key: string, value: unknown): unknown {
  return value === null ? Number.NaN : value;
}

/** Greatest difference, as a share of the greatest of `a`. */
export function differenceShare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [difference, greatest] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const [own, other] = [a[i] as number, b[i] as number];
    difference = Math.max(difference, Math.abs(own - other));
    greatest = Math.max(greatest, Math.abs(own));
  }
  return difference === 0 ? 0 : difference / greatest;
}

/** @returns the least {@link differenceShare} of two rows, as a share of the greatest value of all. */
export function leastRowDifference(values: ArrayLike<number>, columns: number): number {
  const all = Array.from(values);
  const rows = Array.from({ length: all.length / columns }, (_, row) =>
    all.slice(row * columns, (row + 1) * columns),
  );
  const greatest = Math.max(...all.map(Math.abs));
  const differences = rows.flatMap((row, r) =>
    rows
      .slice(r + 1)
      .map((other) => Math.max(...row.map((value, c) => Math.abs(value - (other[c] as number))))),
  );
  return greatest === 0 ? 0 : Math.min(...differences) / greatest;
}
