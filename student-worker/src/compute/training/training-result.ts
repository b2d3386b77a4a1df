/** Writes the result of a finished run: the selected model, and its logits on every split. */
import { join } from 'node:path';
import type { Dataset, SplitName } from '@lyceum/learning/datasets';
import { type NpyArray, writeDurably, writeNpz } from '@lyceum/learning/files';
import { encodeModelPackage } from '@lyceum/learning/formats';
import { type Engine, savedModel } from '@lyceum/learning/tensorflow';
import { sha256Hex } from '@lyceum/proto';
import type { TrainingResult } from '../../job/index.js';
import type { Student } from '../student/index.js';

type ResultFiles = Pick<
  TrainingResult,
  'modelFile' | 'modelDigest' | 'logitsFile' | 'logitsDigest'
>;

/**
 * The model keeps the names of its classes: it may become a teacher of a set that has them in another order.
 *
 * @param logits - [N, C] of each split's measured samples.
 */
export async function writeResult(
  engine: Engine,
  folder: string,
  student: Student,
  logits: ReadonlyMap<SplitName, Float32Array>,
  { classCount, classNames, encoding }: Pick<Dataset, 'classCount' | 'classNames' | 'encoding'>,
): Promise<ResultFiles> {
  const modelFile = join(folder, 'model.zip');
  const saved = await savedModel(engine, student.model, {
    ...student.settings,
    classes: classNames,
  });
  const model = encodeModelPackage({ ...saved, ...(encoding !== undefined && { encoding }) });
  await writeDurably(modelFile, model);
  const logitsFile = join(folder, 'logits.npz');
  const arrays = [...logits].map(([split, data]): [string, NpyArray] => {
    const shape = [data.length / classCount, classCount];
    return [split, { dtype: 'float32', shape, data }];
  });
  const file = writeNpz(arrays);
  await writeDurably(logitsFile, file);
  return {
    modelFile,
    modelDigest: sha256Hex(model),
    logitsFile,
    logitsDigest: sha256Hex(file),
  };
}
