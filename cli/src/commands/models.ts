import { statSync } from 'node:fs';
import { describePackagedModel, formatNamed, parsePackagedModel } from '@lyceum/learning/formats';
import type { ModelSettings } from '@lyceum/learning/models';
import { ArtifactKind, LyceumError, requireArtifactName } from '@lyceum/proto';
import type { Command } from 'commander';
import {
  addArtifactDelete,
  addArtifactList,
  addArtifactShow,
  printPushed,
  pushArtifact,
} from '../artifacts/index.js';
import { linesOnSet, shownNames, tryPushed } from '../check/index.js';
import {
  describedSet,
  givenSettings,
  type InferenceOptions,
  inferenceDescriptionOf,
  PREPROCESSOR_FILE,
  packModel,
  picturesBeside,
  readRecordedModel,
  readSettings,
} from '../import/index.js';
import { canTryModels } from '../local-cluster/index.js';
import { bytesText } from '../printing/text/index.js';
import { interruptible, notice, withCoordinator, withProgress } from '../session/index.js';
import { addModelCheck } from './check-model.js';

const KIND = ArtifactKind.ARTIFACT_KIND_MODEL;

interface PushOptions extends Partial<InferenceOptions> {
  readonly settings?: string;
  readonly dataset?: string;
  readonly try: boolean;
}

export function addModels(program: Command): void {
  const models = program.command('models').description('check, push, list, show and delete models');
  models
    .command('push')
    .description(
      'store a model of TensorFlow.js or ONNX, a SavedModel, a model behind an inference server, or the description of a black-box endpoint under a name',
    )
    .argument('<name>', 'lower-case letters, digits, dashes and dots')
    .argument(
      '[path]',
      "an .onnx file, a SavedModel's folder, a model.json, the folder that has one with its weight files, or the .yaml of an endpoint; none with --inference",
    )
    .option(
      '--settings <file>',
      'JSON of what the model file does not say; else NAME.settings.json beside an .onnx file, settings.json in a folder',
    )
    .option(
      '--dataset <name>',
      "of a model: try it on this pushed set's validation split; of predictions (.npz, JSON lines): the set that they are for; they become a teacher",
    )
    .option(
      '--inference <url>',
      'grpc://HOST:PORT, or another URL, of a server that speaks the Open Inference Protocol v2; or a YAML file that describes the model',
    )
    .option('--model <name>', 'what the server calls the model')
    .option(
      '--model-version <version>',
      "version of the model on the server (default: the server's choice)",
    )
    .option('--revision <text>', 'your own name for what the server has now')
    .option('--no-try', 'do not try the model on a batch before the push')
    .addHelpText(
      'after',
      `
Examples:
  coordinator models push digits-wide ./digits-wide
  coordinator models push resnet ./resnet.onnx --settings ./resnet.settings.json --dataset pets
  coordinator models push detector ./detector.yaml
  coordinator models push yesterday ./predictions.npz --dataset digits
  coordinator models push remote --inference grpc://triton:8001 --model resnet --revision 3`,
    )
    .action(
      async (name: string, path: string | undefined, options: PushOptions, command: Command) => {
        const { inference } = options;
        requireArtifactName(name);
        if (path !== undefined && inference === undefined) {
          await pushModel(name, path, options, command);
        } else if (path === undefined && inference !== undefined) {
          await pushInference(name, { ...options, inference }, command);
        } else {
          const message = 'want the path of a model, or --inference with the URL of a server';
          throw new LyceumError('INVALID_ARGUMENT', message);
        }
      },
    );
  addModelCheck(models);
  addArtifactList(models, KIND);
  addArtifactShow(models, KIND);
  addArtifactDelete(models, KIND);
}

async function pushModel(
  name: string,
  path: string,
  options: PushOptions,
  command: Command,
): Promise<void> {
  const { dataset } = options;
  // Checked before the coordinator is called: a model that does not work here works nowhere.
  const isModel = dataset === undefined || isModelPath(path);
  const given = isModel ? givenSettings(path, options.settings) : {};
  const pictures = isModel ? picturesBeside(path, given) : undefined;
  const own = isModel ? await packModel(path, { ...pictures, ...given }) : undefined;
  if (own !== undefined) {
    const { settings } = describePackagedModel(parsePackagedModel(own));
    for (const line of classesLines(settings)) notice(line);
    if (pictures !== undefined) {
      notice(`its pictures are prepared as ${PREPROCESSOR_FILE} beside it says`);
    }
  }
  if (own !== undefined && options.try) {
    const lines = await interruptible((signal) =>
      tryPushed(own, dataset !== undefined, signal, notice),
    );
    for (const line of lines) notice(line);
  }
  await withCoordinator(command, async (context) => {
    if (own !== undefined && dataset !== undefined && isRemote(own)) {
      notice(untriedOn(dataset));
    } else if (own !== undefined && dataset !== undefined && !canTryModels()) {
      notice(`not tried on ${dataset}: this installation has no teacher-worker`);
    } else if (own !== undefined && dataset !== undefined) {
      const { client, signal } = context;
      const set = await withProgress(`pulling ${dataset}`, bytesText, (onProgress) =>
        client.pullArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, dataset, { signal, onProgress }),
      );
      for (const line of await linesOnSet(own, set, signal)) notice(line);
    }
    const recorded = async (set: string) =>
      readRecordedModel(path, await describedSet(context.client, set));
    const bytes = own ?? (await recorded(dataset ?? ''));
    await pushArtifact(context, KIND, name, bytes);
  });
}

function untriedOn(dataset: string): string {
  return `not tried on ${dataset}: submit RUN --dry-run asks it about a batch`;
}

/** Whether another program runs the model, so that calls may cost money. */
function isRemote(bytes: Uint8Array): boolean {
  return formatNamed(parsePackagedModel(bytes).format).isRemote === true;
}

/** Whether the path is a model or the description of one, and not a file of predictions. */
function isModelPath(path: string): boolean {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder || /\.(onnx|ya?ml|endpoint\.json)$|(^|[\\/])model\.json$/.test(path);
}

/** The model's classes, as its file, server or settings name them: its author sees whether the order is right. */
function classesLines({ classes }: Partial<ModelSettings>): string[] {
  return classes === undefined
    ? []
    : [`its classes, in the order of its output: ${shownNames(classes)}`];
}

interface KeptDescription {
  readonly settings: ModelSettings;
}

async function pushInference(
  name: string,
  options: PushOptions & InferenceOptions,
  command: Command,
): Promise<void> {
  const description = inferenceDescriptionOf(options);
  const settings = options.settings === undefined ? {} : readSettings(options.settings);
  await withCoordinator(command, async (context) => {
    const pushed = await context.client.pushInferenceModel(name, description, settings);
    const { settings: kept } = JSON.parse(pushed.artifact.descriptionJson) as KeptDescription;
    for (const line of classesLines(kept)) context.notice(line);
    if (options.dataset !== undefined) context.notice(untriedOn(options.dataset));
    printPushed(context, name, pushed);
  });
}
