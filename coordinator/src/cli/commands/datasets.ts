import { readFile } from 'node:fs/promises';
import { encodeDataset, importDataset, importIdx } from '@lyceum/learning/data';
import { ArtifactKind, LyceumError } from '@lyceum/proto';
import type { Command } from 'commander';
import { addArtifactDelete, addArtifactList, pushArtifact } from '../artifact-commands.js';
import { globalOptions, withCoordinator } from '../command-context.js';

const KIND = ArtifactKind.ARTIFACT_KIND_DATASET;

interface PushOptions {
  readonly images?: string;
  readonly labels?: string;
  readonly testImages?: string;
  readonly testLabels?: string;
}

export function addDatasets(program: Command): void {
  const datasets = program.command('datasets').description('push, list and delete data sets');
  datasets
    .command('push')
    .description('store a data set under a name')
    .argument('<name>', 'lower-case letters, digits, dashes and dots')
    .argument(
      '[source]',
      'digits, fashion, an .npz with inputs, labels and splits, or a folder of IDX files',
    )
    .option('--images <file>', 'IDX file of images, plain or gzip; instead of a source')
    .option('--labels <file>', 'IDX file of their labels')
    .option('--test-images <file>', 'IDX file of test images; else a test split is taken out')
    .option('--test-labels <file>', 'IDX file of their labels')
    .addHelpText(
      'after',
      `
Examples:
  coordinator datasets push digits digits
  coordinator datasets push mine ./mine.npz
  coordinator datasets push mnist --images train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz`,
    )
    .action(
      async (name: string, source: string | undefined, options: PushOptions, command: Command) => {
        const bytes = await datasetBytes(source, options, globalOptions(command).cache);
        await withCoordinator(command, (context) => pushArtifact(context, KIND, name, bytes));
      },
    );
  addArtifactList(datasets, KIND);
  addArtifactDelete(datasets, KIND);
}

async function datasetBytes(
  source: string | undefined,
  files: PushOptions,
  cacheFolder: string,
): Promise<Buffer> {
  const { images, labels, testImages, testLabels } = files;
  if (source !== undefined && Object.keys(files).length === 0) {
    return importDataset(source, cacheFolder);
  }
  const paired = (testImages === undefined) === (testLabels === undefined);
  if (source !== undefined || images === undefined || labels === undefined || !paired) {
    const message =
      'give a source, or --images and --labels, perhaps with --test-images and --test-labels';
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return encodeDataset(
    importIdx({
      images: await readInput(images),
      labels: await readInput(labels),
      testImages: testImages === undefined ? undefined : await readInput(testImages),
      testLabels: testLabels === undefined ? undefined : await readInput(testLabels),
    }),
  );
}

async function readInput(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (err) {
    const message = `${file} cannot be read: ${err instanceof Error ? err.message : String(err)}`;
    throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
  }
}
