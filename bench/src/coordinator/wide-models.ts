/** A set of noise with any number of classes, and three small teachers for it, made in this process. */
import { encodeDataset, encodeModelPackage } from '@lyceum/learning/data';
import {
  buildStudent,
  openEngine,
  savedModel,
  setComputeThreads,
} from '@lyceum/learning/tensorflow';
import { TEACHERS } from '../remote-teachers-runs.js';

const SAMPLE_SHAPE = [8, 8, 1];
const SAMPLE_SIZE = 64;
const HIDDEN_UNITS = 16;
/** Of each of the validation and the test split. */
const HELD_OUT_COUNT = 64;

/** @returns the set's file. */
export function wideDataset(classCount: number, trainCount: number): Buffer {
  const sampleCount = trainCount + 2 * HELD_OUT_COUNT;
  const split = (i: number) => (i < trainCount ? 1 : i < trainCount + HELD_OUT_COUNT ? 2 : 3);
  return encodeDataset({
    sampleShape: SAMPLE_SHAPE,
    sampleCount,
    classCount,
    classNames: Array.from({ length: classCount }, (_, c) => `class ${c}`),
    inputs: Uint8Array.from(
      { length: sampleCount * SAMPLE_SIZE },
      (_, i) => (i * i * 31 + i * 7) % 251,
    ),
    inputScale: 1 / 255,
    labels: Int32Array.from({ length: sampleCount }, (_, i) => i % classCount),
    splits: Uint8Array.from({ length: sampleCount }, (_, i) => split(i)),
  });
}

/** @returns model packages by name; untrained, since nobody looks at what they say. */
export async function wideTeachers(classCount: number): Promise<Map<string, Buffer>> {
  setComputeThreads(2, process.env);
  const engine = await openEngine();
  const settings = { output: 'logits' } as const;
  const packages = new Map<string, Buffer>();
  for (const [index, name] of TEACHERS.entries()) {
    const architecture = { architecture: 'mlp' as const, hiddenUnits: [HIDDEN_UNITS], dropout: 0 };
    const model = buildStudent(engine, architecture, SAMPLE_SHAPE, classCount, index + 1);
    packages.set(name, encodeModelPackage(await savedModel(engine, model, settings)));
    model.dispose();
  }
  return packages;
}
