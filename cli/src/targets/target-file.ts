/** Writes a file of targets from batches, without holding the whole file in memory. */
import {
  elementCount,
  type TargetBatch,
  type TargetOutline,
  type TargetTensor,
} from '@lyceum/proto';

/** Type of the targets' numbers. */
export type ValueType = 'float32' | 'float16';

export interface TargetFile {
  append(batch: TargetBatch): Promise<void>;
  /** Resolves once the file is complete. */
  finish(): Promise<void>;
  /** Call last, whether the file is finished or not. */
  close(): Promise<void>;
}

const FORMAT = 'lyceum.dev/targets/v1';

/** Description of the rows of a file, as JSON, for a reader who has only the file. */
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

/** Number of rows of the request's steps, which are all in one epoch. */
export function rowCount(outline: TargetOutline): number {
  const { firstStep, endStep, stepsPerEpoch, batchSize, sampleCount } = outline;
  const first = (firstStep % stepsPerEpoch) * batchSize;
  return Math.min(first + (endStep - firstStep) * batchSize, sampleCount) - first;
}

/** Number of values in a row of a tensor. */
export function rowLength({ rowShape }: TargetTensor): number {
  return elementCount(rowShape);
}
