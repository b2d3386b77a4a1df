import { encodeDataset, importDataset, importIdx } from '@lyceum/learning/data';
import { ArtifactKind, LyceumError } from '@lyceum/proto';
import type { Command } from 'commander';
import { addArtifactDelete, addArtifactList, pushArtifact } from '../artifact-commands.js';
import { withCoordinator } from '../command-context.js';

const KIND = ArtifactKind.ARTIFACT_KIND_DATASET;

interface PushOptions {
  readonly images?: string;
  readonly labels?: string;
}

export function addDatasets(program: Command): void {
  const datasets = program.command('datasets').description('push, list and delete data sets');
  datasets
    .command('push')
    .description('store a data set under a name')
    .argument('<name>', 'lower-case letters, digits, dashes and dots')
    .argument('[source]', 'digits, fashion, or an .npz with inputs, labels and splits')
    .option('--images <file>', 'IDX file of images, plain or gzip; instead of a source')
    .option('--labels <file>', 'IDX file of their labels')
    .addHelpText(
      'after',
      `
Examples:
  coordinator datasets push digits digits
  coordinator datasets push mine ./mine.npz
  coordinator datasets push mnist --images train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz`,
    )
    .action((name: string, source: string | undefined, options: PushOptions, command: Command) =>
      withCoordinator(command, async (context) => {
        const bytes = await datasetBytes(source, options, context.globals.cache);
        await pushArtifact(context, KIND, name, bytes);
      }),
    );
  addArtifactList(datasets, KIND);
  addArtifactDelete(datasets, KIND);
}

async function datasetBytes(
  source: string | undefined,
  { images, labels }: PushOptions,
  cacheFolder: string,
): Promise<Buffer> {
  if (source !== undefined && images === undefined && labels === undefined) {
    return importDataset(source, cacheFolder);
  }
  if (source === undefined && images !== undefined && labels !== undefined) {
    return encodeDataset(await importIdx({ images, labels }));
  }
  throw new LyceumError('INVALID_ARGUMENT', 'give a source, or --images and --labels');
}
