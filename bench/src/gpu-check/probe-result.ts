/** The figures that one process measured on one device, part by part. Plain data, which is sent as JSON. */
import type { Gpu } from '@lyceum/platform';

export interface ProbeOptions {
  readonly device: Gpu | 'cpu';
  readonly determinism: 'strict' | 'fast';
  /** Use a small teacher that a processor computes in a moment, and few steps, to try the check itself. */
  readonly small: boolean;
  /** Parts to measure, in this order. */
  readonly parts: readonly PartName[];
}

export interface Outputs {
  readonly samplesPerSecond: number;
  /** Logits of a fixed batch, row-major. */
  readonly logits: readonly number[];
  /** Greatest difference between two inferences of the same batch, as a share of the greatest logit. */
  readonly movedBy: number;
}

export interface Steps {
  readonly stepsPerSecond: number;
  /** Digest of the weights after all steps. */
  readonly digest: string;
}

export interface Parts {
  readonly engine: {
    /** `version`: name and version, `tensorflow 2.21.0`; `device`: `gpu` or `cpu` with its model. */
    readonly version: string;
    readonly device: string;
    /** Why TensorFlow does not compute on the wanted device; undefined: it does. */
    readonly unused?: string | undefined;
  };
  readonly teacher: Outputs & {
    readonly parameterCount: number;
    /**
     * Least difference of two samples' logits, as a share of the greatest logit: swapped answers differ by this much.
     */
    readonly rowsDifferBy: number;
    /** Why operations run one by one; undefined: they run as a graph. */
    readonly notTraced?: string | undefined;
    /** GPU memory that loading and the first batches take; undefined: the driver does not report it. */
    readonly memoryBytes?: number | undefined;
  };
  /** Rate of the same teacher with batches as large as workers use. */
  readonly fullBatch: { readonly samplesPerSecond: number };
  readonly student: {
    /** Samples a step. */
    readonly batchSize: number;
    readonly traced: Measured<Steps>;
    readonly eager: Steps;
  };
  readonly onnx: Outputs & { readonly memoryBytes?: number | undefined };
  /**
   * Both engines with their teachers in one process, in turn: how far answers differ from those of one engine alone.
   */
  readonly together: { readonly tensorflowMovedBy: number; readonly onnxMovedBy: number };
}

export type PartName = keyof Parts;

/** Results by part. A part that was not measured has a problem. */
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
 * @param lines - one JSON object for each part; the process may have died after any of them. Other lines come from
 * libraries and are skipped.
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

/** JSON has null for NaN and infinity, and null would count as 0. */
function withNumbers(_key: string, value: unknown): unknown {
  return value === null ? Number.NaN : value;
}

/** Greatest difference of two values, as a share of the greatest value of `a`. */
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
