import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseModelPackage, settingsJson } from '@lyceum/learning/data';
import { ArtifactKind, LyceumError } from '@lyceum/proto';
import type { Command } from 'commander';
import type { CoordinatorClient } from '../../client/index.js';
import { withCoordinator } from '../command-context.js';
import { refuseExisting, writeNewFile } from '../output-file.js';

export function addPull(program: Command): void {
  program
    .command('pull')
    .description("fetch a run's student, or a pushed model, as a folder that TensorFlow.js loads")
    .argument('<name>', "a run's id or a model's name; run:ID or model:NAME where both are there")
    .requiredOption('--out <dir>', 'folder to write model.json, weights.bin and settings.json to')
    .option('--force', 'overwrite them')
    .addHelpText(
      'after',
      `
Example:
  coordinator pull digits --out ./digits-student

and in a program: await tf.loadLayersModel('file://digits-student/model.json')`,
    )
    .action((name: string, options: { out: string; force?: true }, command: Command) =>
      withCoordinator(command, async ({ client, notice, signal }) => {
        const overwrite = options.force === true;
        const files = ['model.json', 'weights.bin', 'settings.json'].map((file) =>
          path.join(options.out, file),
        );
        if (!overwrite) for (const file of files) await refuseExisting(file);
        const source = await sourceOf(client, name);
        const bytes = await client.pullArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, source, {
          signal,
        });
        const { modelJson, weights, settings } = parseModelPackage(bytes);
        await mkdir(options.out, { recursive: true });
        const [modelFile = '', weightsFile = '', settingsFile = ''] = files;
        await writeNewFile(weightsFile, weights, overwrite);
        await writeNewFile(settingsFile, `${settingsJson(settings)}\n`, overwrite);
        await writeNewFile(modelFile, `${JSON.stringify(modelJson)}\n`, overwrite);
        notice(`wrote ${files.join(', ')}`);
      }),
    );
}

/** The artifact's name at the coordinator: `run:ID`, or a pushed model's name. */
async function sourceOf(client: CoordinatorClient, name: string): Promise<string> {
  if (name.startsWith('run:')) return name;
  if (name.startsWith('model:')) return name.slice('model:'.length);
  const [runs, models] = await Promise.all([
    client.listRuns(),
    client.listArtifacts(ArtifactKind.ARTIFACT_KIND_MODEL),
  ]);
  const isRun = runs.some((run) => run.runId === name);
  const isModel = models.some((model) => model.name === name);
  if (isRun && isModel) {
    const message = `${name} is both a run and a model; say run:${name} or model:${name}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  if (!isRun && !isModel)
    throw new LyceumError('NOT_FOUND', `there is no run and no model ${name}`);
  return isRun ? `run:${name}` : name;
}
