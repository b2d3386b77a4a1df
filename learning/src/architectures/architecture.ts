/**
 * All facts about an architecture: for a run's schema, a first run, the planning and the student.
 *
 * An architecture is one file with one of these, and one line in table.ts. It tells its layers once, in order:
 * TensorFlow builds them, and the planning counts them. Layers have fixed names, so that equal students are saved as
 * equal bytes.
 */
import type { z } from 'zod';

/** What a run writes for an architecture, with defaults. */
type Schema<Settings = unknown> = z.ZodType<Settings & { architecture: string }>;

export interface Architecture<Own extends Schema> {
  readonly name: z.output<Own>['architecture'];
  readonly settings: Own;
  /** The text of `student.model` in a first run: the settings that its user would change first. */
  readonly example: string;
  /**
   * The samples that the architecture needs, in words, if these do not fit; undefined: they fit. Absent: all samples
   * fit.
   */
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
  /** Flattens; flat values stay as they are. The layer's name is `flatten`. */
  flatten(x: X): X;
  /** Convolution of `size` × `size`, with ReLU. */
  conv(x: X, convolution: Convolution): X;
  /** Maximum over windows of 2 × 2. */
  pool(x: X, name: string): X;
  /** Convolution of 3 × 3 without bias, then batch normalisation. */
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
