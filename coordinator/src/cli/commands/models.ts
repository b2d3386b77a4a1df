import { ArtifactKind } from '@lyceum/proto';
import type { Command } from 'commander';
import {
  addArtifactDelete,
  addArtifactList,
  addArtifactShow,
  pushArtifact,
} from '../artifact-commands.js';
import { tryPushed } from '../check/try-pushed.js';
import { notice, withCoordinator } from '../command-context.js';
import { readModel } from '../import/read-model.js';
import { describedSet, readRecordedModel } from '../import/recorded-model.js';
import { addModelCheck } from './check-model.js';

const KIND = ArtifactKind.ARTIFACT_KIND_MODEL;

interface PushOptions {
  readonly settings?: string;
  readonly dataset?: string;
  readonly try: boolean;
}

export function addModels(program: Command): void {
  const models = program.command('models').description('check, push, list, show and delete models');
  models
    .command('push')
    .description(
      'store a model of TensorFlow.js or ONNX, a SavedModel, or the description of a black-box endpoint under a name',
    )
    .argument('<name>', 'lower-case letters, digits, dashes and dots')
    .argument(
      '<path>',
      "an .onnx file, a SavedModel's folder, a model.json, the folder that has one with its weight files, or the .yaml of an endpoint",
    )
    .option(
      '--settings <file>',
      'JSON of what the model does not say of itself; else NAME.settings.json beside an .onnx file, settings.json in a folder',
    )
    .option(
      '--dataset <name>',
      "the path holds predictions of this pushed set's samples, .npz or JSON lines: they teach as they are",
    )
    .option('--no-try', 'do not run a batch before')
    .addHelpText(
      'after',
      `
Examples:
  coordinator models push digits-wide ./digits-wide
  coordinator models push resnet ./resnet.onnx --settings ./resnet.settings.json
  coordinator models push detector ./detector.yaml
  coordinator models push yesterday ./predictions.npz --dataset digits`,
    )
    .action(async (name: string, path: string, options: PushOptions, command: Command) => {
      const { dataset, settings } = options;
      // Before anybody is asked for anything: what does not work here works nowhere.
      const own = dataset === undefined ? await readModel(path, settings) : undefined;
      if (own !== undefined && options.try) for (const line of await tryPushed(own)) notice(line);
      await withCoordinator(command, async (context) => {
        const recorded = async (set: string) =>
          readRecordedModel(path, await describedSet(context.client, set));
        const bytes = own ?? (await recorded(dataset ?? ''));
        await pushArtifact(context, KIND, name, bytes);
      });
    });
  addModelCheck(models);
  addArtifactList(models, KIND);
  addArtifactShow(models, KIND);
  addArtifactDelete(models, KIND);
}
