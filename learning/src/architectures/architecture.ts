/**
 * What an architecture says of itself: all that a run's schema, a first run, the planning and the student ask of it.
 *
 * An architecture is one file with one of these, and one line in table.ts. It tells its layers once, in order: TensorFlow
 * builds them, and the planning counts them. Layers have fixed names, so that equal students are saved as equal bytes.
 */
import type { z } from 'zod';

/** What a run writes of an architecture, with its defaults. */
type Schema<Settings = unknown> = z.ZodType<Settings & { architecture: string }>;

export interface Architecture<Own extends Schema> {
  readonly name: z.output<Own>['architecture'];
  readonly settings: Own;
  /** A first run's `student.model`: the settings that one changes first. */
  readonly example: string;
  /** The samples that it needs, where these do not do; undefined: they do. Absent: all do. */
  needs?(sampleShape: readonly number[], settings: z.output<Own>): string | undefined;
  /** All layers between the input and the logits. */
  hidden<X>(layers: Layers<X>, input: X, settings: z.output<Own>): X;
}

/**
 * The layers of tfjs with this project's choices.
 *
 * @typeParam X - a layer's output.
 */
export interface Layers<X> {
  /** Fully connected, with ReLU. */
  dense(x: X, units: number, name: string): X;
  /** Fully connected, without bias and ReLU. Its name is `embedding`. */
  embedding(x: X, dimension: number): X;
  /** @param rate - the share that is dropped in training. */
  dropout(x: X, rate: number, name: string): X;
  /** What is flat stays as it is. The layer's name is `flatten`. */
  flatten(x: X): X;
  /** `size` × `size`, with ReLU. */
  conv(x: X, convolution: Convolution): X;
  /** The maximum of 2 × 2. */
  pool(x: X, name: string): X;
  /** 3 × 3 without bias, then batch normalisation. */
  normalizedConv(x: X, convolution: NormalizedConvolution): X;
  relu(x: X, name: string): X;
  add(a: X, b: X, name: string): X;
  /** Every second pixel, and `extra` channels of zeros on both sides. */
  narrowShortcut(x: X, extra: number, name: string): X;
  globalAverage(x: X): X;
}

export interface Convolution {
  readonly filters: number;
  readonly size: number;
  readonly name: string;
  /** Absent: same. */
  readonly padding?: 'same' | 'valid';
}

export interface NormalizedConvolution {
  readonly filters: number;
  readonly stride: number;
  readonly name: string;
}
