import { ArtifactKind } from '@lyceum/proto';
import type { Command } from 'commander';
import {
  addArtifactDelete,
  addArtifactList,
  addArtifactShow,
  pushArtifact,
} from '../artifact-commands.js';
import { withCoordinator } from '../command-context.js';
import { readModel } from '../import/read-model.js';
import { describedSet, readRecordedModel } from '../import/recorded-model.js';

const KIND = ArtifactKind.ARTIFACT_KIND_MODEL;

interface PushOptions {
  readonly settings?: string;
  readonly dataset?: string;
}

export function addModels(program: Command): void {
  const models = program.command('models').description('push, list, show and delete models');
  models
    .command('push')
    .description(
      'store a TensorFlow.js layers model, an ONNX model, or the description of a black-box endpoint under a name',
    )
    .argument('<name>', 'lower-case letters, digits, dashes and dots')
    .argument(
      '<path>',
      'an .onnx file, a model.json, the folder that has one with its weight files, or the .yaml of an endpoint',
    )
    .option(
      '--settings <file>',
      'JSON of what the model does not say of itself; else NAME.settings.json beside an .onnx file, settings.json in a folder',
    )
    .option(
      '--dataset <name>',
      "the path holds predictions of this pushed set's samples, .npz or JSON lines: they teach as they are",
    )
    .addHelpText(
      'after',
      `
Examples:
  coordinator models push digits-wide ./digits-wide
  coordinator models push resnet ./resnet.onnx --settings ./resnet.settings.json
  coordinator models push detector ./detector.yaml
  coordinator models push yesterday ./predictions.npz --dataset digits`,
    )
    .action(
      async (name: string, path: string, { settings, dataset }: PushOptions, command: Command) => {
        await withCoordinator(command, async (context) => {
          const bytes =
            dataset === undefined
              ? await readModel(path, settings)
              : readRecordedModel(path, await describedSet(context.client, dataset));
          await pushArtifact(context, KIND, name, bytes);
        });
      },
    );
  addArtifactList(models, KIND);
  addArtifactShow(models, KIND);
  addArtifactDelete(models, KIND);
}
