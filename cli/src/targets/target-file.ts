/** A file of targets as it is written: batches in, rows out, nothing held but what is being written. */
import {
  elementCount,
  type TargetBatch,
  type TargetOutline,
  type TargetTensor,
} from '@lyceum/proto';

/** Type of the numbers of targets. */
export type ValueType = 'float32' | 'float16';

export interface TargetFile {
  append(batch: TargetBatch): Promise<void>;
  /** The file is whole once it resolves. */
  finish(): Promise<void>;
  /** Call it last, finished or not. */
  close(): Promise<void>;
}

const FORMAT = 'lyceum.dev/targets/v1';

/** What the rows of a file are, as JSON, for a reader who has only the file. */
export function targetsMeta(outline: TargetOutline, split: string, valueType: ValueType): string {
  const { runId, specificationDigest, datasetDigest, rule, codec, view, teachers } = outline;
  const { firstStep, stepsPerEpoch, tensors, classNames } = outline;
  return JSON.stringify({
    format: FORMAT,
    runId,
    specificationDigest,
    datasetDigest,
    split,
    ...(split === 'train' && { epoch: Math.floor(firstStep / stepsPerEpoch) }),
    view,
    rule,
    codec,
    valueType,
    teachers,
    tensors,
    classNames,
  });
}

/** Rows that the request's steps have, all in one epoch. */
export function rowCount(outline: TargetOutline): number {
  const { firstStep, endStep, stepsPerEpoch, batchSize, sampleCount } = outline;
  const first = (firstStep % stepsPerEpoch) * batchSize;
  return Math.min(first + (endStep - firstStep) * batchSize, sampleCount) - first;
}

/** Numbers in a row of a tensor. */
export function rowLength({ rowShape }: TargetTensor): number {
  return elementCount(rowShape);
}
