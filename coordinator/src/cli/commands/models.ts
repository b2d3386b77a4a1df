import { encodeModelPackage, readModelFolder } from '@lyceum/learning/data';
import { ArtifactKind } from '@lyceum/proto';
import type { Command } from 'commander';
import { addArtifactDelete, addArtifactList, pushArtifact } from '../artifact-commands.js';
import { withCoordinator } from '../command-context.js';

const KIND = ArtifactKind.ARTIFACT_KIND_MODEL;

export function addModels(program: Command): void {
  const models = program.command('models').description('push, list and delete models');
  models
    .command('push')
    .description('store a TensorFlow.js layers model under a name')
    .argument('<name>', 'lower-case letters, digits, dashes and dots')
    .argument(
      '<path>',
      'a model.json, or the folder that has one, with its weight files and settings.json',
    )
    .addHelpText('after', '\nExample:\n  coordinator models push digits-wide ./digits-wide')
    .action(async (name: string, path: string, _options: unknown, command: Command) => {
      const bytes = encodeModelPackage(await readModelFolder(path));
      await withCoordinator(command, (context) => pushArtifact(context, KIND, name, bytes));
    });
  addArtifactList(models, KIND);
  addArtifactDelete(models, KIND);
}
