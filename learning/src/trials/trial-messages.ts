/**
 * The messages of `teacher-worker try`, a line of JSON each. The program first gets {@link TrialStart} and answers
 * {@link TrialOpened}; then it answers each {@link TrialRequest} with {@link Tried}. If it gets {@link OutputsStart} in
 * place of the first message, it answers {@link ModelOutputs} and ends. {@link TrialFailed} may take the place of any
 * answer.
 */
import type { ErrorCode } from '@lyceum/proto';
import { z } from 'zod';
import type { ModelSettings } from '../models/index.js';

export interface TrialStart {
  /** A model's package. */
  readonly modelFile: string;
  /** A set's file; absent: noise in the model's own shape. */
  readonly datasetFile?: string;
  /** Number of labelled samples to ask about, drawn by the seed from the validation split. */
  readonly sampleCount: number;
  readonly seed: number;
  readonly computeThreads: number;
}

export interface OutputsStart {
  /** A package in a student's format. */
  readonly modelFile: string;
  /** float32, little-endian: [rowCount, ...sampleShape], as the model itself takes them. */
  readonly inputsFile: string;
  readonly sampleShape: readonly number[];
  readonly rowCount: number;
  readonly computeThreads: number;
}

export interface TrialRequest {
  readonly settings: ModelSettings;
}

const opened = z.object({
  reply: z.literal('opened'),
  /** `tensorflow 2.21.0`. */
  engine: z.string(),
  sampleCount: z.number(),
  sampleShape: z.array(z.number()).readonly(),
  classNames: z.array(z.string()).readonly(),
  /** Mean of the samples' values: one for each channel of pictures, else one for each value. */
  mean: z.array(z.number()).readonly(),
  standardDeviation: z.array(z.number()).readonly(),
  /** Columns, if the set was made from a table. */
  columns: z
    .array(z.object({ name: z.string(), kind: z.enum(['number', 'category']) }))
    .readonly()
    .optional(),
});

const tried = z.object({
  reply: z.literal('tried'),
  /** Number of classes of the model's output. */
  classCount: z.number(),
  /** [model's class, label, samples]: for how many samples with this label this class was the greatest. */
  counts: z.array(z.tuple([z.number(), z.number(), z.number()]).readonly()).readonly(),
  /** Whether every row is a distribution: no value below 0, sum 1. */
  distributions: z.boolean(),
  /** Least and greatest output. */
  range: z.tuple([z.number(), z.number()]).readonly(),
  /** Time of a batch, divided by its samples. */
  millisecondsPerSample: z.number(),
});

const outputs = z.object({
  reply: z.literal('outputs'),
  /** float32, little-endian, in base64: [rowCount, C] logits, or logarithms of probabilities. */
  logits: z.base64(),
});

const failed = z.object({
  reply: z.literal('failed'),
  code: z.custom<ErrorCode>((code) => typeof code === 'string'),
  message: z.string(),
});

export const trialReplySchema = z.discriminatedUnion('reply', [opened, tried, outputs, failed]);

export type TrialOpened = z.output<typeof opened>;
/** The model's outputs for the samples under the asked settings, in the order of the model's own classes. */
export type Tried = z.output<typeof tried>;
export type ModelOutputs = z.output<typeof outputs>;
export type TrialFailed = z.output<typeof failed>;
export type TrialReply = z.output<typeof trialReplySchema>;
