/** A teacher worker without a cluster: loads models from files and serves them by the Open Inference Protocol. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeDataset } from '@lyceum/learning/datasets';
import {
  describePackagedModel,
  engineOf,
  type PackagedModelDescription,
  parsePackagedModel,
} from '@lyceum/learning/formats';
import { settingsJson } from '@lyceum/learning/models';
import type { Logger } from '@lyceum/platform';
import { elementCount, LyceumError, sha256Hex } from '@lyceum/proto';
import type { TeacherCompute } from '../compute/index.js';
import { InferenceDesk, type ServedModel } from './inference-desk.js';
import { type InferencePlaces, InferenceServers } from './inference-servers.js';

export interface ServedFile {
  readonly name: string;
  /** A model's package. */
  readonly bytes: Buffer;
}

export interface ServeModelsOptions {
  readonly models: readonly ServedFile[];
  readonly places: InferencePlaces;
  readonly memoryBudgetBytes: number;
  readonly compute: TeacherCompute;
  readonly version: string;
  readonly log: Logger;
}

/** Samples for trying a model: enough to see whether rows depend on one another. */
const TRIAL_SAMPLES = 8;

/**
 * Loads all models, then listens.
 *
 * @throws {LyceumError} INVALID_ARGUMENT naming the model that cannot be served, and why.
 */
export async function serveModels(options: ServeModelsOptions): Promise<InferenceServers> {
  const { models, places, version, log } = options;
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-serve-'));
  const served = new Map<string, ServedModel>();
  try {
    let budgetBytes = options.memoryBudgetBytes;
    for (const model of models) {
      if (served.has(model.name)) throw unserved(model.name, 'another one has its name');
      const { loaded, weightBytes } = await load(options, model, folder, budgetBytes);
      budgetBytes -= weightBytes;
      served.set(model.name, loaded);
      log.info(
        { model: model.name, inputShape: loaded.inputShape, classCount: loaded.classCount },
        'model loaded',
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const desk = new InferenceDesk({
    find: (name) => served.get(name),
    names: () => [...served.keys()],
    ready: () => true,
    version,
  });
  return InferenceServers.start(desk, places, log);
}

async function load(
  { compute }: ServeModelsOptions,
  { name, bytes }: ServedFile,
  folder: string,
  budgetBytes: number,
): Promise<{ readonly loaded: ServedModel; readonly weightBytes: number }> {
  const description = describePackagedModel(parsePackagedModel(bytes, `model ${name}`));
  const trial = encodeDataset(trialSet(name, description));
  const [modelFile, file] = [join(folder, `${name}.model`), join(folder, `${name}.set`)];
  await writeFile(modelFile, bytes);
  await writeFile(file, trial);
  const identity = sha256Hex(bytes);
  const engine = engineOf(description.format);
  const { inputShape, classCount, classNames, weightBytes } = await compute.load({
    identity,
    engine,
    modelFile,
    settingsJson: settingsJson(description.settings),
    datasets: [{ digest: sha256Hex(trial), file }],
    budgetBytes,
  });
  if (inputShape === undefined) throw unserved(name, 'it is not run on this machine');
  const infer: ServedModel['infer'] = (inputs, rowCount) =>
    compute.infer({ identity, inputs, rowCount });
  const named = classNames === undefined ? {} : { classNames };
  return { loaded: { engine, inputShape, classCount, ...named, infer }, weightBytes };
}

const READ = { texts: 'texts', columns: "a table's columns" } as const;

/** A set of made-up samples in the model's own shape. */
function trialSet(
  name: string,
  { inputShape, reads, settings, classCount }: PackagedModelDescription,
) {
  if (reads !== undefined) {
    throw unserved(name, `it reads ${READ[reads]}, and a sample's numbers alone are sent here`);
  }
  if (inputShape === undefined) throw unserved(name, 'it leaves the shape of its input open');
  const size = elementCount(inputShape);
  const classNames =
    settings.classes ?? Array.from({ length: Math.max(2, classCount ?? 2) }, (_, c) => `${c}`);
  return {
    sampleShape: [1, 3].includes(inputShape.length) ? inputShape : [size],
    sampleCount: TRIAL_SAMPLES,
    classCount: classNames.length,
    classNames,
    inputs: Uint8Array.from({ length: TRIAL_SAMPLES * size }, (_, i) => (i * 37 + 11) % 251),
    inputScale: 1 / 255,
    labels: new Int32Array(TRIAL_SAMPLES).fill(-1),
    splits: new Uint8Array(TRIAL_SAMPLES).fill(1),
  };
}

function unserved(name: string, why: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `model ${name} cannot be served: ${why}`);
}
