import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { formatNamed } from '@lyceum/learning/formats';
import { wholeNumber } from '@lyceum/platform/flags';
import { ArtifactKind, LyceumError } from '@lyceum/proto';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type Check,
  type CheckedCandidate,
  checkLines,
  checkModel,
  type ModelToCheck,
  modelOnDisk,
  pushedModel,
} from '../check/index.js';
import { refuseExisting, writeNewFile } from '../files/index.js';
import { ModelTrial } from '../local-cluster/index.js';
import { bytesText, percentText } from '../printing/text/index.js';
import {
  CommandExit,
  EXIT,
  globalOptions,
  interruptible,
  notice,
  print,
  withCoordinator,
  withProgress,
} from '../session/index.js';

interface CheckOptions {
  readonly dataset: string;
  readonly settings?: string;
  readonly samples: number;
  readonly seed: number;
  readonly expectAccuracy?: number;
  readonly write?: string;
  readonly force?: true;
}

export function addModelCheck(models: Command): void {
  models
    .command('check')
    .description('find out how a model wants its inputs and orders its classes, on a data set')
    .argument('<model>', 'a file or folder as for push, or the name of a pushed model')
    .requiredOption('--dataset <name>', 'a pushed set, or its .npz file')
    .option('--settings <file>', 'JSON of settings that are known and not varied')
    .option('--samples <n>', 'labelled samples of the validation split', wholeNumber(1), 1000)
    .option('--seed <n>', 'seed of their choice', wholeNumber(0), 0)
    .option('--expect-accuracy <share>', 'fail below it: 0.9 or 90%', share)
    .option('--write <file>', 'write the best settings, for push --settings')
    .option('--force', 'overwrite that file')
    .addHelpText(
      'after',
      `
Tries ranges of values and layouts, then colours, then ways to the model's size, each with the best so far. The order of
classes is seen from the answers: as in the set, sorted as strings or numbers, or any other that fits much better.

Examples:
  coordinator models check ./resnet.onnx --dataset pets --write resnet.settings.json
  coordinator models push resnet ./resnet.onnx --settings resnet.settings.json
  coordinator models check resnet --dataset pets --expect-accuracy 0.9`,
    )
    .action(async (model: string, options: CheckOptions, command: Command) => {
      if (options.write !== undefined && options.force !== true)
        await refuseExisting(options.write);
      const folder = await mkdtemp(join(tmpdir(), 'lyceum-check-'));
      try {
        const files = await fetched(model, options, command, folder);
        await interruptible((signal) => check(files, options, command, signal));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
}

interface Fetched {
  readonly model: ModelToCheck;
  readonly modelFile: string;
  readonly datasetFile: string;
}

/** Takes the model and the set from this disk, else from the coordinator; writes what `check` reads into `folder`. */
async function fetched(
  named: string,
  { dataset, settings }: CheckOptions,
  command: Command,
  folder: string,
): Promise<Fetched> {
  const modelFile = join(folder, 'model.zip');
  const own = existsSync(named) ? await modelOnDisk(named, settings) : undefined;
  if (own !== undefined) refuseElsewhere(own, 'coordinator ensemble evaluate, after a push');
  // A folder of that name is what the set was pushed from.
  const isFile = existsSync(dataset) && !statSync(dataset).isDirectory();
  let [model, datasetFile] = [own, isFile ? resolve(dataset) : undefined];
  if (model === undefined || datasetFile === undefined) {
    await withCoordinator(command, async ({ client, signal }) => {
      const { ARTIFACT_KIND_MODEL, ARTIFACT_KIND_DATASET } = ArtifactKind;
      model ??= pushedModel(await client.pullArtifact(ARTIFACT_KIND_MODEL, named, { signal }));
      refuseElsewhere(
        model,
        `coordinator ensemble evaluate --teachers ${named} --dataset ${dataset}`,
      );
      if (datasetFile !== undefined) return;
      datasetFile = join(folder, 'dataset.npz');
      const bytes = await withProgress(`pulling ${dataset}`, bytesText, (onProgress) =>
        client.pullArtifact(ARTIFACT_KIND_DATASET, dataset, { signal, onProgress }),
      );
      await writeFile(datasetFile, bytes);
    });
  }
  if (model === undefined || datasetFile === undefined) throw new Error('nothing was fetched');
  await writeFile(modelFile, model.bytes);
  return { model, modelFile, datasetFile };
}

/**
 * @param measuring - the command that measures the model.
 * @throws {LyceumError} INVALID_ARGUMENT if this machine cannot run the model.
 */
function refuseElsewhere({ format }: ModelToCheck, measuring: string): void {
  const { isRemote, isWrittenDown } = formatNamed(format);
  if (isRemote !== true && isWrittenDown !== true) return;
  const what =
    isRemote === true ? 'the model is behind a server' : 'these are recorded predictions';
  const message = `${what}; models check runs model files only. To measure accuracy: ${measuring}`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

async function check(
  { model, modelFile, datasetFile }: Fetched,
  options: CheckOptions,
  command: Command,
  signal: AbortSignal,
): Promise<void> {
  const { samples: sampleCount, seed, expectAccuracy, write, force } = options;
  const computeThreads = availableParallelism();
  const start = { modelFile, datasetFile, sampleCount, seed, computeThreads };
  const trial = await ModelTrial.open(start, signal);
  let found: Check;
  try {
    const { sampleShape, mean, standardDeviation, columns } = trial.samples;
    const checked = { ...model, sampleShape, mean, standardDeviation, columns };
    found = await checkModel(trial, checked, (candidate) => notice(progressText(candidate)));
  } finally {
    trial.close();
  }
  print(globalOptions(command).output, checkDocument(found), () => checkLines(found));
  if (write !== undefined) {
    await writeNewFile(write, `${JSON.stringify(found.settings)}\n`, force === true);
    notice(`wrote ${write}`);
  }
  const { accuracy } = found.order;
  if (expectAccuracy !== undefined && accuracy < expectAccuracy) {
    notice(`${percentText(accuracy)} is below the expected ${percentText(expectAccuracy)}`);
    throw new CommandExit(EXIT.failed);
  }
}

function progressText(candidate: CheckedCandidate): string {
  const { values, layout, colours, size } = candidate;
  const what = [values, layout, colours, size].filter((part) => part !== '').join(', ');
  const accuracy = 'tried' in candidate ? candidate.orders[0]?.accuracy : undefined;
  return `tried ${what}${accuracy === undefined ? '' : `: ${percentText(accuracy, 1)}`}`;
}

function checkDocument({ candidates, order, settings, sampleCount }: Check) {
  return {
    accuracy: order.accuracy,
    labels: order.name,
    sampleCount,
    settings,
    candidates: candidates.map((candidate) =>
      'problem' in candidate
        ? { settings: candidate.settings, problem: candidate.problem }
        : {
            settings: candidate.settings,
            accuracies: candidate.orders.map(({ name, accuracy }) => ({ labels: name, accuracy })),
          },
    ),
  };
}

/** `0.9` or `90%`. */
function share(text: string): number {
  const percent = text.endsWith('%');
  const value = Number(percent ? text.slice(0, -1) : text) / (percent ? 100 : 1);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('want a share from 0 to 1, or a percentage.');
}
