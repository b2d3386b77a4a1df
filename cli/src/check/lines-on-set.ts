/** A model on a set as it is pushed: how often it is right, and whether its classes in another order would be far better. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describePackagedModel, parsePackagedModel } from '@lyceum/learning/formats';
import { LyceumError } from '@lyceum/proto';
import { ModelTrial } from '../local-cluster/index.js';
import { percentText } from '../printing/text/index.js';
import { shownNames } from './check-lines.js';
import { bestOrder, isFarBetter, tried } from './check-model.js';

/** As `models check` asks about where nobody says how many. */
const SAMPLES = 1000;

/**
 * @param bytes - of a package.
 * @param dataset - bytes of a set's file.
 * @throws {LyceumError} INVALID_ARGUMENT saying why the model cannot be asked about the set.
 */
export async function linesOnSet(
  bytes: Uint8Array,
  dataset: Uint8Array,
  signal: AbortSignal,
): Promise<string[]> {
  const { settings } = describePackagedModel(parsePackagedModel(bytes));
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-push-'));
  let trial: ModelTrial | undefined;
  try {
    const [modelFile, datasetFile] = [join(folder, 'model.zip'), join(folder, 'dataset.npz')];
    await Promise.all([writeFile(modelFile, bytes), writeFile(datasetFile, dataset)]);
    const computeThreads = availableParallelism();
    const start = { modelFile, datasetFile, sampleCount: SAMPLES, seed: 0, computeThreads };
    trial = await ModelTrial.open(start, signal);
    const asPushed = { settings, values: '', layout: '', colours: '', size: '' };
    const found = await tried(trial, { settings }, asPushed);
    if ('problem' in found) throw new LyceumError('INVALID_ARGUMENT', found.problem);
    // The first that is judged is the order of the settings, if they name one; else the set's own.
    const own = found.orders.find(({ classes }) => `${classes}` === `${settings.classes}`);
    const best = bestOrder(found, trial);
    if (own === undefined || best === undefined) return [];
    const lines = [
      `${percentText(own.accuracy, 1)} of ${own.sampleCount} labelled validation samples of the set`,
    ];
    if (isFarBetter(best, own, trial)) {
      lines.push(
        `${percentText(best.accuracy, 1)} with its classes in another order: ${shownNames(best.classes ?? trial.samples.classNames)}; models check --write FILE writes it as settings`,
      );
    }
    return lines;
  } finally {
    trial?.close();
    await rm(folder, { recursive: true, force: true });
  }
}
