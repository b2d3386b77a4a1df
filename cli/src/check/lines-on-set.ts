/**
 * Tries a model on a set when it is pushed: its accuracy, and whether another order of its classes would be far
 * better.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describePackagedModel, formatNamed, parsePackagedModel } from '@lyceum/learning/formats';
import { COLUMNS_HINT, type ModelSettings, namedAsInSet } from '@lyceum/learning/models';
import { LyceumError } from '@lyceum/proto';
import { ModelTrial } from '../local-cluster/index.js';
import { percentText } from '../printing/text/index.js';
import { columnsCandidate } from './candidate-settings.js';
import { accuracyOfText, shownNames } from './check-lines.js';
import { bestOrder, type CheckedCandidate, isFarBetter, tried } from './check-model.js';
import type { JudgedOrder } from './label-orders.js';
import { requireDistributions } from './try-pushed.js';

/** The same number that `models check` asks about by default. */
const SAMPLES = 1000;

/** A gain in accuracy that is too large for chance. */
const FAR = 0.1;

/**
 * @param bytes - of the model's package.
 * @param dataset - bytes of a set's file.
 * @throws {LyceumError} INVALID_ARGUMENT saying why the model cannot be asked about the set.
 */
export async function linesOnSet(
  bytes: Uint8Array,
  dataset: Uint8Array,
  signal: AbortSignal,
): Promise<string[]> {
  const { format, inputShape, ...described } = describePackagedModel(parsePackagedModel(bytes));
  const { mayReadColumns } = formatNamed(format);
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-push-'));
  let trial: ModelTrial | undefined;
  try {
    const [modelFile, datasetFile] = [join(folder, 'model.zip'), join(folder, 'dataset.npz')];
    await Promise.all([writeFile(modelFile, bytes), writeFile(datasetFile, dataset)]);
    const computeThreads = availableParallelism();
    const start = { modelFile, datasetFile, sampleCount: SAMPLES, seed: 0, computeThreads };
    trial = await ModelTrial.open(start, signal);
    const { columns, classNames } = trial.samples;
    const settings = namedSettings(described.settings, classNames);
    const asPushed = { settings, values: '', layout: '', colours: '', size: '' };
    const found = await tried(trial, { settings }, asPushed);
    const asTable = columnsCandidate({ format, settings, fixed: new Set(), inputShape, columns });
    const ofTable = asTable && accuracyAs(await tried(trial, asTable, asTable), settings);
    if ('problem' in found) {
      const hint =
        ofTable !== undefined
          ? `; ${columnsText(ofTable.accuracy)}`
          : mayReadColumns === true && columns !== undefined && inputShape?.length === 1
            ? `; ${COLUMNS_HINT}`
            : '';
      throw new LyceumError('INVALID_ARGUMENT', `${found.problem}${hint}`);
    }
    requireDistributions(settings, found.tried);
    const own = accuracyAs(found, settings);
    const best = bestOrder(found, trial);
    if (own === undefined || best === undefined) return [];
    const lines = [accuracyOfText(own)];
    if (ofTable !== undefined && ofTable.accuracy > own.accuracy + FAR) {
      lines.push(columnsText(ofTable.accuracy));
    } else if (isFarBetter(best, own, trial)) {
      lines.push(
        `${percentText(best.accuracy, 1)} with its classes in another order: ${shownNames(best.classes ?? trial.samples.classNames)}; models check --write FILE writes it as settings`,
      );
    } else if (described.reads === undefined && isGuessing(own)) {
      lines.push(
        'no better than always to answer one class; models check tells whether it wants its inputs otherwise',
      );
    }
    return lines;
  } finally {
    trial?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The settings, with classes that are numbers replaced by the set's names, as in a run. */
function namedSettings(settings: ModelSettings, classNames: readonly string[]): ModelSettings {
  const { classes } = settings;
  return classes === undefined
    ? settings
    : { ...settings, classes: namedAsInSet(classes, classNames) };
}

/**
 * The accuracy in the settings' order of classes, else in the set's. Undefined: it could not be tried, or has other
 * classes.
 */
function accuracyAs(
  candidate: CheckedCandidate,
  { classes: said }: ModelSettings,
): JudgedOrder | undefined {
  if ('problem' in candidate) return undefined;
  return candidate.orders.find(({ classes }) => `${classes}` === `${said}`);
}

/** Whether it is no better, by more than a standard error, than always to answer the most frequent class. */
function isGuessing({ accuracy, frequentShare, sampleCount }: JudgedOrder): boolean {
  return accuracy <= frequentShare + Math.sqrt((frequentShare * (1 - frequentShare)) / sampleCount);
}

function columnsText(accuracy: number): string {
  return `${percentText(accuracy, 1)} if it is given the table's columns as they are, not encoded; models check --write FILE writes that as settings`;
}
