/** Tries one batch on a model before it is pushed: a model that does not work is refused while its author is there. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  describePackagedModel,
  formatNamed,
  type PackagedModelDescription,
  parsePackagedModel,
} from '@lyceum/learning/formats';
import type { ModelSettings } from '@lyceum/learning/models';
import type { Tried } from '@lyceum/learning/trials';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { canTryModels, ModelTrial } from '../local-cluster/index.js';
import { countText, pluralText } from '../printing/text/index.js';

/** The number of samples that a worker asks about at a time. */
const BATCH = 128;

/** Time between two notices that the trial still runs. */
const PATIENCE_MS = 15_000;

/**
 * @param bytes - of the model's package.
 * @param told - called when it takes long.
 * @param isTriedOnSet - whether the model will also be tried on a set's samples.
 * @returns lines for the user.
 * @throws {LyceumError} INVALID_ARGUMENT saying why the model does not work.
 */
export async function tryPushed(
  bytes: Uint8Array,
  isTriedOnSet: boolean,
  signal: AbortSignal,
  told: (line: string) => void,
): Promise<string[]> {
  const described = describePackagedModel(parsePackagedModel(bytes));
  // Another program runs the model, and calls may cost money.
  if (formatNamed(described.format).isRemote === true) return [];
  if (!canTryModels()) return ['not tried: this installation has no teacher-worker'];
  const untried = whyUntried(described);
  if (untried !== undefined) {
    const advice = isTriedOnSet ? '' : '; --dataset SET tries it on a set';
    return [`not tried on noise: ${untried}${advice}`];
  }
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-push-'));
  const beganMs = performance.now();
  const waiting = setInterval(() => {
    const seconds = Math.round((performance.now() - beganMs) / 1000);
    told(`still trying the model after ${seconds} s; Ctrl-C ends that, --no-try pushes it untried`);
  }, PATIENCE_MS);
  let trial: ModelTrial | undefined;
  try {
    const modelFile = join(folder, 'model.zip');
    await writeFile(modelFile, bytes);
    const computeThreads = availableParallelism();
    const start = { modelFile, sampleCount: BATCH, seed: 0, computeThreads };
    trial = await ModelTrial.open(start, signal);
    return triedLines(described, trial.samples.engine, await trial.try(described.settings));
  } catch (thrown) {
    const { code, message } = toLyceumError(thrown);
    const text = `the model does not work: ${message}; --no-try pushes it all the same`;
    throw new LyceumError(code, text, { cause: thrown });
  } finally {
    clearInterval(waiting);
    trial?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Why a model cannot be tried on noise; undefined: it can. */
function whyUntried({
  inputShape,
  reads,
  columns = [],
}: PackagedModelDescription): string | undefined {
  if (inputShape === undefined && reads === undefined) {
    return 'it does not say how large its samples are';
  }
  return columns.some(({ kind }) => kind === 'category')
    ? 'it reads texts, and may refuse texts that it does not know'
    : undefined;
}

/** @throws {LyceumError} INVALID_ARGUMENT if the model's settings say otherwise. */
function triedLines(described: PackagedModelDescription, engine: string, tried: Tried): string[] {
  const { classCount, distributions, range, millisecondsPerSample } = tried;
  const { classes, output, logitsConfirmed } = described.settings;
  requireDistributions(described.settings, tried);
  if (classes !== undefined && classes.length !== classCount) {
    const message = `its settings name ${classes.length} classes, and its output has ${classCount}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const line = `tried on ${BATCH} ${noiseText(described)} with ${engine}: ${countText(classCount)} classes, ${output} from ${range[0].toPrecision(3)} to ${range[1].toPrecision(3)}, ${millisecondsPerSample.toPrecision(3)} ms a sample`;
  const isUnlikely = output === 'logits' && distributions && logitsConfirmed !== true;
  return isUnlikely ? [line, UNLIKELY_LOGITS] : [line];
}

const UNLIKELY_LOGITS =
  'its logits look like probabilities, rows from 0 to 1 of sum 1: write {"output": "probabilities"} in its settings, or {"logitsConfirmed": true} if they are logits; until then every run with it warns';

/** @throws {LyceumError} INVALID_ARGUMENT if the settings call the outputs probabilities, and they are not. */
export function requireDistributions(
  { output }: ModelSettings,
  { distributions, range: [least, greatest] }: Pick<Tried, 'distributions' | 'range'>,
): void {
  if (output !== 'probabilities' || distributions) return;
  const advice =
    least >= 0 && greatest <= 1
      ? 'export it without the softmax or the sigmoids at its end, or leave these out of its quantisation'
      : least === -greatest
        ? 'export its probabilities, without raw_scores: for two classes the scores are [-s, s], and a softmax counts s twice'
        : 'say {"output": "logits"}';
  const message = `its settings say probabilities, but its rows are not: values lie from ${least} to ${greatest}, and do not sum to 1; ${advice}`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/** Words for the noise that the model was tried on. */
function noiseText({
  reads,
  columns = [],
  inputShape,
  settings,
}: PackagedModelDescription): string {
  if (reads === 'texts') return `texts, of which it reads ${settings.maximumTokens} tokens,`;
  return reads === 'columns'
    ? `rows of noise in ${pluralText(columns.length, 'column')}`
    : `samples of noise [${inputShape}]`;
}
