/** What a finished run leaves on the disk: the selected model, and its logits on the test split. */
import { join } from 'node:path';
import { encodeModelPackage, writeDurably, writeNpz } from '@lyceum/learning/data';
import { type Engine, savedModel } from '@lyceum/learning/tensorflow';
import { sha256Hex } from '@lyceum/proto';
import type { TrainingResult } from '../training-job.js';
import type { Student } from './student.js';

type ResultFiles = Pick<
  TrainingResult,
  'modelFile' | 'modelDigest' | 'testLogitsFile' | 'testLogitsDigest'
>;

/** @param testLogits - [N, C] of the test split in its order. */
export async function writeResult(
  engine: Engine,
  folder: string,
  student: Student,
  testLogits: Float32Array,
  classCount: number,
): Promise<ResultFiles> {
  const modelFile = join(folder, 'model.zip');
  const model = encodeModelPackage(await savedModel(engine, student.model, student.settings));
  await writeDurably(modelFile, model);
  const testLogitsFile = join(folder, 'test-logits.npz');
  const shape = [testLogits.length / classCount, classCount];
  const logits = writeNpz([['logits', { dtype: 'float32', shape, data: testLogits }]]);
  await writeDurably(testLogitsFile, logits);
  return {
    modelFile,
    modelDigest: sha256Hex(model),
    testLogitsFile,
    testLogitsDigest: sha256Hex(logits),
  };
}
