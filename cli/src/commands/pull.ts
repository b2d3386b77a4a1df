import path from 'node:path';
import { type Dataset, parseStoredDataset, seenDataset } from '@lyceum/learning/datasets';
import type { OnnxOptions } from '@lyceum/learning/export';
import {
  describeModel,
  isTrainablePackage,
  type ModelPackage,
  parsePackagedModel,
} from '@lyceum/learning/formats';
import { folderPath } from '@lyceum/platform/flags';
import { ArtifactKind, LyceumError } from '@lyceum/proto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CoordinatorClient } from '../client/index.js';
import {
  type ComparedOutputs,
  checkOnnx,
  EXPORT_FORMAT_NAMES,
  type ExportedFiles,
  exportFormat,
  noiseOutputs,
  ONNX_FORMATS,
  type OnnxFormat,
  onnxFile,
  testOutputs,
} from '../export/index.js';
import { refuseExisting, writeNewFiles } from '../files/index.js';
import { canTryModels } from '../local-cluster/index.js';
import { bytesText, percentText } from '../printing/text/index.js';
import { type CommandContext, withCoordinator, withProgress } from '../session/index.js';

interface PullOptions {
  readonly out: string;
  readonly format: string;
  readonly with?: readonly Part[];
  readonly int8?: true;
  readonly force?: true;
}

const PARTS = ['preprocessing', 'softmax', 'labels'] as const;

type Part = (typeof PARTS)[number];

/** The model that is pulled: a run's student, or a pushed model, which has no run. */
interface Source {
  readonly model: ModelPackage;
  /** The package's bytes. */
  readonly packaged: Buffer;
  /** `ID` or a model's name. */
  readonly name: string;
  readonly runId?: string;
}

export function addPull(program: Command): void {
  program
    .command('pull')
    .description("fetch a run's student, or a pushed model")
    .argument('<name>', "a run's id or a model's name; run:ID or model:NAME where both exist")
    .requiredOption('--out <dir>', 'folder to write to', folderPath)
    .addOption(
      new Option('--format <format>', 'tfjs: model.json, weights.bin, settings.json, classes.json')
        .choices(EXPORT_FORMAT_NAMES)
        .default(EXPORT_FORMAT_NAMES[0]),
    )
    .option(
      '--with <parts>',
      'what an ONNX file does beside the model, separated by commas: preprocessing (takes samples as they are stored), softmax, labels (names of classes)',
      parseParts,
    )
    .option('--int8', 'write 8-bit kernels into an ONNX file')
    .option('--force', 'overwrite what is there')
    .addHelpText(
      'after',
      `
An ONNX file, alone or in a Triton repository, is run before it is written, and must give what the model itself gives: on
the run's test split, where --int8 shows both accuracies; of a pushed model, or where the set is in shards, on a few samples
of noise, which an installation without a teacher-worker leaves out and says so. A student of texts or rows comes with
encoding.json, which says how they become numbers.

Examples:
  coordinator pull digits --out ./digits-student                  # await tf.loadLayersModel('file://digits-student/model.json')
  coordinator pull digits --out ./digits --format onnx --with preprocessing,softmax,labels
  coordinator pull digits --out ./models --format triton --int8   # tritonserver --model-repository ./models`,
    )
    .action((name: string, options: PullOptions, command: Command) => {
      refuseMismatch(options);
      return withCoordinator(command, async (context) => {
        const source = await findSource(context, name);
        const { files, check } = await exported(context, source, options);
        const overwrite = options.force === true;
        const targets = new Map(
          [...files].map(([file, content]) => [path.join(options.out, file), content]),
        );
        if (!overwrite) for (const file of targets.keys()) await refuseExisting(file);
        await check?.();
        await writeNewFiles(targets, overwrite);
        context.notice(`wrote ${[...targets.keys()].join(', ')}`);
      });
    });
}

function parseParts(text: string): Part[] {
  return text.split(',').map((part) => {
    const known = PARTS.find((name) => name === part.trim());
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`"${part}" is not one of ${PARTS.join(', ')}.`);
  });
}

function refuseMismatch({ format, with: parts, int8 }: PullOptions): void {
  if (exportFormat(format).hasOnnx || (parts === undefined && int8 === undefined)) return;
  const flag = parts === undefined ? '--int8' : '--with';
  const message = `${flag} is for --format ${ONNX_FORMATS}; got ${format}`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

interface Exported {
  readonly files: ExportedFiles;
  /** Compares the files with the model, which may take long; undefined: nothing is compared. */
  check?(): Promise<void>;
}

async function exported(
  context: CommandContext,
  source: Source,
  options: PullOptions,
): Promise<Exported> {
  const { model, runId } = source;
  const format = exportFormat(options.format);
  if (format.hasOnnx) return exportedOnnx(context, format, source, options);
  const report = runId === undefined ? undefined : await context.client.getReport(runId);
  return { files: format.files(model, report?.dataset.classNames ?? model.settings.classes) };
}

async function exportedOnnx(
  context: CommandContext,
  format: OnnxFormat,
  source: Source,
  options: PullOptions,
): Promise<Exported> {
  const { model, name, runId } = source;
  const dataset = runId === undefined ? undefined : await datasetOf(context, runId, model);
  const onnxOptions = onnxOptionsOf(source, dataset, options);
  const onnx = onnxFile(model, onnxOptions);
  const files = format.files(name, onnx, model, onnxOptions);
  return { files, check: () => checkFile(context, source, { onnx, onnxOptions, dataset }) };
}

interface OnnxExport {
  readonly onnx: Uint8Array;
  readonly onnxOptions: OnnxOptions;
  readonly dataset: Dataset | undefined;
}

async function checkFile(
  { client, notice, signal }: CommandContext,
  { model, packaged, runId }: Source,
  { onnx, onnxOptions, dataset }: OnnxExport,
): Promise<void> {
  // A pushed model has no predictions; only workers can read the pictures of a set in shards.
  const isKnown = runId !== undefined && dataset !== undefined && dataset.chunkEnds === undefined;
  if (!isKnown && !canTryModels()) {
    notice(
      'not checked: this installation has no teacher-worker, which would run the model itself',
    );
    return;
  }
  const compared: ComparedOutputs = isKnown
    ? { dataset, outputs: testOutputs(await client.getPredictions(runId, { signal })) }
    : await noiseOutputs(packaged, onnxOptions, model.settings, signal);
  const check = await checkOnnx(onnx, model, onnxOptions, compared);
  notice(
    `checked on ${check.sampleCount} ${isKnown ? 'test samples' : 'samples of noise'}: logits differ by at most ${check.largestDifference.toExponential(1)}`,
  );
  if (check.accuracy !== undefined) {
    const { student, exported: own } = check.accuracy;
    notice(`accuracy: student ${percentText(student)}, this file ${percentText(own)}`);
  }
}

/** @throws {LyceumError} INVALID_ARGUMENT if a pushed model lacks something that the options need. */
function onnxOptionsOf(
  { model, name }: Source,
  dataset: Dataset | undefined,
  options: PullOptions,
): OnnxOptions {
  const parts = new Set(options.with);
  const described = describeModel(model);
  const sampleShape = described.inputShape ?? dataset?.sampleShape;
  const classCount = described.classCount ?? dataset?.classCount;
  if (sampleShape === undefined || classCount === undefined) {
    const message = `model ${name} does not say what it takes or how many classes it gives`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const ownNames = dataset?.classNames ?? model.settings.classes;
  if (dataset === undefined && parts.has('preprocessing')) {
    const message = `--with preprocessing needs a data set, and ${name} is a pushed model, which names none`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  if (ownNames === undefined && parts.has('labels')) {
    const message = `--with labels needs the names of the classes, and model ${name} holds none; push it with classes in its settings`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return {
    sampleShape,
    classNames: ownNames ?? Array.from({ length: classCount }, (_, c) => String(c)),
    ...(dataset !== undefined &&
      parts.has('preprocessing') && {
        preprocessing: {
          stored: dataset.inputs instanceof Uint8Array ? 'uint8' : 'float32',
          inputScale: dataset.inputScale,
        },
      }),
    softmax: parts.has('softmax'),
    labels: parts.has('labels'),
    int8: options.int8 === true,
  };
}

/** The run's set, as its student sees it. */
async function datasetOf(
  { client, signal }: CommandContext,
  runId: string,
  { settings }: ModelPackage,
): Promise<Dataset> {
  const { ARTIFACT_KIND_DATASET } = ArtifactKind;
  const bytes = await withProgress(`pulling the set of ${runId}`, bytesText, (onProgress) =>
    client.pullArtifact(ARTIFACT_KIND_DATASET, `run:${runId}`, { signal, onProgress }),
  );
  return seenDataset(parseStoredDataset(bytes), settings.modality);
}

async function findSource({ client, signal }: CommandContext, name: string): Promise<Source> {
  const source = await sourceOf(client, name);
  const { ARTIFACT_KIND_MODEL } = ArtifactKind;
  const bytes = await withProgress(`pulling ${source}`, bytesText, (onProgress) =>
    client.pullArtifact(ARTIFACT_KIND_MODEL, source, { signal, onProgress }),
  );
  const packaged = parsePackagedModel(bytes);
  if (!isTrainablePackage(packaged)) {
    const message = `${source} is of format ${packaged.format}; pull writes layers models, which students are`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const pulled = { model: packaged.model, packaged: bytes };
  if (!source.startsWith('run:')) return { ...pulled, name: source };
  const runId = source.slice('run:'.length);
  return { ...pulled, name: runId, runId };
}

/** The artifact's name at the coordinator: `run:ID`, or a pushed model's name. */
async function sourceOf(client: CoordinatorClient, name: string): Promise<string> {
  if (name.startsWith('run:')) return name;
  if (name.startsWith('model:')) return name.slice('model:'.length);
  const [isRun, models] = await Promise.all([
    hasRun(client, name),
    client.listArtifacts(ArtifactKind.ARTIFACT_KIND_MODEL),
  ]);
  const isModel = models.some((model) => model.name === name);
  if (isRun && isModel) {
    const message = `${name} is both a run and a model; say run:${name} or model:${name}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  if (!isRun && !isModel)
    throw new LyceumError('NOT_FOUND', `there is no run and no model ${name}`);
  return isRun ? `run:${name}` : name;
}

async function hasRun(client: CoordinatorClient, runId: string): Promise<boolean> {
  try {
    await client.getRun(runId);
    return true;
  } catch (err) {
    if (err instanceof LyceumError && err.code === 'NOT_FOUND') return false;
    throw err;
  }
}
