/** What one process measured on one device. Plain data: it travels as JSON. */
import type { GpuFacts } from '@lyceum/learning/tensorflow';

type ProbeDevice = (GpuFacts & { readonly gpuUuid: string }) | 'cpu';

export interface ProbeOptions {
  readonly device: ProbeDevice;
  /** A teacher that a processor computes in a moment, and few steps: to try the check itself. */
  readonly small: boolean;
}

export interface Outputs {
  readonly samplesPerSecond: number;
  /** Of a fixed batch, row-major. */
  readonly logits: readonly number[];
  /** Greatest difference from the same question asked again, as a share of the greatest logit (at least 1). */
  readonly movedBy: number;
}

export type Measured<T> = T | { readonly problem: string };

export interface ProbeResult {
  /** `tensorflow 2.21.0`, and `gpu` or `cpu` with its model. */
  readonly engineVersion: string;
  readonly engineDevice: string;
  /** Why TensorFlow does not compute where it was told to; undefined: it does. */
  readonly engineProblem?: string | undefined;
  readonly teacher: Measured<Outputs & { readonly parameterCount: number }>;
  readonly onnx: Measured<Outputs>;
  readonly student: Measured<{
    readonly tracedStepsPerSecond: number;
    readonly eagerStepsPerSecond: number;
    readonly tracedDigest: string;
    readonly eagerDigest: string;
  }>;
}

export function isMeasured<T extends object>(
  result: Measured<T>,
): result is Exclude<Measured<T>, { readonly problem: string }> {
  return !('problem' in result);
}

/** Greatest difference, as a share of the greatest of `a` (at least 1). */
export function differenceShare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, greatest] = [0, 1];
  for (let i = 0; i < a.length; i++) {
    const [own, other] = [a[i] as number, b[i] as number];
    difference = Math.max(difference, Math.abs(own - other));
    greatest = Math.max(greatest, Math.abs(own));
  }
  return a.length === b.length ? difference / greatest : Number.POSITIVE_INFINITY;
}
