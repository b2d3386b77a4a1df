import { ArtifactKind } from '@lyceum/proto';
import type { Command } from 'commander';
import { addArtifactDelete, addArtifactList, pushArtifact } from '../artifact-commands.js';
import { withCoordinator } from '../command-context.js';
import { readModel } from '../import/read-model.js';

const KIND = ArtifactKind.ARTIFACT_KIND_MODEL;

interface PushOptions {
  readonly settings?: string;
}

export function addModels(program: Command): void {
  const models = program.command('models').description('push, list and delete models');
  models
    .command('push')
    .description('store a TensorFlow.js layers model or an ONNX model under a name')
    .argument('<name>', 'lower-case letters, digits, dashes and dots')
    .argument(
      '<path>',
      'an .onnx file, a model.json, or the folder that has one, with its weight files',
    )
    .option(
      '--settings <file>',
      'JSON of what the model does not say of itself; else NAME.settings.json beside an .onnx file, settings.json in a folder',
    )
    .addHelpText(
      'after',
      `
Examples:
  coordinator models push digits-wide ./digits-wide
  coordinator models push resnet ./resnet.onnx --settings ./resnet.settings.json`,
    )
    .action(async (name: string, path: string, { settings }: PushOptions, command: Command) => {
      const bytes = await readModel(path, settings);
      await withCoordinator(command, (context) => pushArtifact(context, KIND, name, bytes));
    });
  addArtifactList(models, KIND);
  addArtifactDelete(models, KIND);
}
