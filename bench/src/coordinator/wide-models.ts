/** A set of noise with a given number of classes, and three small teachers for it, made in this process. */
import type { CoordinatorClient } from '@lyceum/cli/client';
import { encodeDataset } from '@lyceum/learning/datasets';
import { encodeModelPackage } from '@lyceum/learning/formats';
import { buildStudent, openEngine, prepareEngine, savedModel } from '@lyceum/learning/tensorflow';
import { ArtifactKind } from '@lyceum/proto';
import { TEACHERS } from '../measuring/index.js';

const SAMPLE_SHAPE = [8, 8, 1];
const SAMPLE_SIZE = 64;
const HIDDEN_UNITS = 16;
/** Samples of the validation split, and of the test split. */
const HELD_OUT_COUNT = 64;

/** Pushes the set as `digits` and the teachers by their names. */
export async function pushWideArtifacts(
  client: CoordinatorClient,
  classCount: number,
  trainCount: number,
  signal: AbortSignal,
): Promise<void> {
  const dataset = wideDataset(classCount, trainCount);
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'digits', dataset, { signal });
  for (const [name, model] of await wideTeachers(classCount)) {
    await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, name, model, { signal });
  }
}

/** @returns the set's file. */
function wideDataset(classCount: number, trainCount: number): Buffer {
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

/** @returns model packages by name. The models are untrained, since their answers do not matter. */
async function wideTeachers(classCount: number): Promise<Map<string, Buffer>> {
  prepareEngine(process.env, 2);
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
