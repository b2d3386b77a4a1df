import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  IMAGE_FITS,
  type ImageFit,
  type ImportedSource,
  type ImportOptions,
  type ImportPlaces,
  importIdxFiles,
  importModalities,
  importSource,
  inspectedSource,
  type ModalitySource,
  parseClasses,
  parseColumns,
  parseModality,
  parseNgrams,
  parseSize,
  parseSplit,
  requireNothingRefused,
} from '@lyceum/learning/import';
import { ArtifactKind, LyceumError, requireArtifactName } from '@lyceum/proto';
import { type Command, Option } from 'commander';
import {
  addArtifactDelete,
  addArtifactList,
  addArtifactShow,
  pushArtifact,
} from '../artifacts/index.js';
import { RefusedList } from '../files/index.js';
import { importLines } from '../printing/index.js';
import { pluralText } from '../printing/text/index.js';
import {
  globalOptions,
  interruptible,
  notice,
  print,
  withCoordinator,
  withProgress,
} from '../session/index.js';
import { addRegister } from './datasets-register.js';
import { addRepack } from './datasets-repack.js';

const KIND = ArtifactKind.ARTIFACT_KIND_DATASET;

interface IdxOptions {
  readonly images?: string;
  readonly labels?: string;
  readonly testImages?: string;
  readonly testLabels?: string;
}

interface PushOptions extends IdxOptions {
  readonly size?: string;
  readonly channels?: 'gray' | 'rgb';
  readonly fit?: ImageFit;
  readonly label?: string;
  readonly image?: string;
  readonly text?: string;
  readonly raw?: true;
  readonly columns?: string;
  readonly ngrams?: string;
  readonly buckets?: string;
  readonly split?: string;
  readonly classes?: string;
  readonly modality?: readonly ModalitySource[];
  readonly id?: string;
  readonly byRow?: boolean;
  readonly skipRefused?: boolean;
  readonly refused?: string;
  readonly dryRun?: boolean;
}

/** @param env - holds AWS's variables. */
export function addDatasets(program: Command, env: NodeJS.ProcessEnv): void {
  const datasets = program
    .command('datasets')
    .description('push, register, list, show and delete data sets');
  addPush(datasets);
  addRegister(datasets, env);
  addRepack(datasets, env);
  addArtifactList(datasets, KIND);
  addArtifactShow(datasets, KIND);
  addArtifactDelete(datasets, KIND);
}

function addPush(datasets: Command): void {
  datasets
    .command('push')
    .description('store a data set under a name')
    .argument('<name>', 'lower-case letters, digits, dashes and dots')
    .argument('[source]', 'what it is made of: see below')
    .option('--size <height>x<width>', 'scale images to this; else all must be of one size')
    .addOption(
      new Option('--channels <kind>', 'make images gray or coloured; else they stay').choices([
        'gray',
        'rgb',
      ]),
    )
    .addOption(
      new Option(
        '--fit <how>',
        'an image of another shape: cut, padded, distorted (cover)',
      ).choices(IMAGE_FITS),
    )
    .option('--label <column>', 'of a table: the class (label)')
    .option('--image <column>', 'of a table: images')
    .option(
      '--columns <kinds>',
      'of a table: kinds that are guessed wrong, zip=category,id=ignore, or @FILE',
    )
    .option('--raw', 'of a table: numbers as they are, neither standardised nor encoded')
    .option('--text <column>', 'of a table: texts, encoded as hashed n-grams of characters')
    .option('--ngrams <lengths>', 'of texts: lengths of n-grams in characters (default: 1-4)')
    .option('--buckets <count>', 'of texts: numbers in a sample (default: 2048)')
    .option('--split <how>', 'names, column:NAME, or shares: test=0.2,validation=0.1,seed=7')
    .option('--classes <names>', 'all classes in their order: a,b,c, or @FILE with one a line')
    .option(
      '--modality <name>=<source>',
      'one of several modalities, and its source; for some columns of a table NAME=FILE#a,b; may be repeated',
      (text: string, before: readonly ModalitySource[] = []) => [...before, parseModality(text)],
    )
    .option(
      '--id <column>',
      'of tables: column that names the sample; joins the sources of modalities',
    )
    .option('--by-row', 'row n of each source is the same sample; else modalities need --id')
    .option('--skip-refused', 'leave out samples that cannot be taken; else nothing is pushed')
    .option('--refused <file>', 'list all that cannot be taken in a file, a JSON object a line')
    .option(
      '--dry-run',
      'show what would be pushed and what refused, and push nothing; needs no cluster',
    )
    .option('--images <file>', 'IDX file of images, plain or gzip; instead of a source')
    .option('--labels <file>', 'IDX file of their labels')
    .option('--test-images <file>', 'IDX file of test images; else a test split is taken out')
    .option('--test-labels <file>', 'IDX file of their labels')
    .addHelpText('after', PUSH_HELP)
    .action(pushDataset);
}

const PUSH_HELP = `
Sources:
  digits, fashion   known sets that ship in packages
  FILE.npz          inputs [N, …], labels [N] and perhaps splits [N]: 1 train, 2 validation, 3 test; also under the names
                    images, data or x, and targets, classes or y. Or one array a split: x_train, y_train, x_val, y_val,
                    x_test, y_test; train_images, train_labels, …. Of several modalities inputs.NAME each.
                    Labels are numbers from 0 or names of classes; -1 or an empty name is unlabelled. Bytes stand for 0
                    to 1, floats for themselves
  FOLDER            images, one folder a class: FOLDER/cat/1.png, or FOLDER/train/cat/1.png; so with texts, cat/1.txt;
                    or a table a split, train.csv and test.csv, train-….parquet; or metadata.jsonl with file_name beside
                    the images; or partitions, year=2024/….parquet; or IDX files
  FILE.csv, .tsv    a table in UTF-8, a line of column names first; images are paths from its folder on. Semicolons, tabs
                    and bars separate too; where semicolons do, 3,14 is 3.14
  FILE.jsonl, .json a table, an object a line, or a list of objects
  FILE.parquet      a table; images and classes of Hugging Face are recognised
                    All but Parquet may be gzipped: .csv.gz

Of a table without images and texts, columns of numbers are standardised and categories become ones and zeros, as the
train split has them; a dry run says what each column becomes. Columns named like a split, a class or an id need an
option: --split column:NAME, --label NAME, --id NAME, or --columns NAME=ignore, =number, =category.

Examples:
  coordinator datasets push digits digits
  coordinator datasets push mine ./mine.npz
  coordinator datasets push pets ./pets --size 64x64 --channels rgb --dry-run
  coordinator datasets push irises ./irises.csv --label species
  coordinator datasets push birds ./birds.csv --image file --label species --size 64
  coordinator datasets push reviews ./reviews.jsonl --text review --label stars
  coordinator datasets push films --modality poster=./posters --modality facts=./films.csv --id film --size 64
  coordinator datasets push mnist --images train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz`;

async function pushDataset(
  name: string,
  source: string | undefined,
  options: PushOptions,
  command: Command,
): Promise<void> {
  const globals = globalOptions(command);
  requireArtifactName(name);
  const list = options.refused === undefined ? undefined : new RefusedList(options.refused);
  const scratch = await mkdtemp(join(tmpdir(), 'lyceum-import-'));
  try {
    const places = {
      cacheFolder: globals.cache,
      scratch,
      ...(list !== undefined && { onRefused: list.add }),
    };
    const { content, summary } = await interruptible(async (signal) => {
      const opened = await withProgress(`reading ${name}`, samplesText, (onProgress) => {
        const onRead = (sampleCount: number) => onProgress(sampleCount, undefined);
        return openSource(source, options, { ...places, signal, onRead });
      });
      return options.dryRun === true ? inspectedSource(opened) : opened;
    });
    const isDryRun = options.dryRun === true;
    if (isDryRun) print(globals.output, summary, () => importLines(summary));
    if (options.skipRefused !== true) {
      requireNothingRefused(summary, isDryRun, '--refused FILE lists them');
    }
    if (isDryRun) return;
    for (const line of importLines(summary)) notice(line);
    await withCoordinator(command, (context) => pushArtifact(context, KIND, name, content));
  } finally {
    await rm(scratch, { recursive: true, force: true });
    list?.close();
  }
}

function samplesText(count: number): string {
  return pluralText(count, 'sample');
}

async function openSource(
  source: string | undefined,
  { images, labels, testImages, testLabels, modality, byRow, ...given }: PushOptions,
  places: ImportPlaces,
): Promise<ImportedSource> {
  if (modality !== undefined) {
    if (source !== undefined || images !== undefined) {
      throw new LyceumError('INVALID_ARGUMENT', 'give a source, or --modality for each; not both');
    }
    const alignment = byRow === true ? 'rows' : 'ids';
    return importModalities(modality, alignment, importOptions(given), places);
  }
  if (byRow === true) {
    throw new LyceumError('INVALID_ARGUMENT', '--by-row is for several --modality');
  }
  const idxGiven = [images, labels, testImages, testLabels].some((file) => file !== undefined);
  if (source !== undefined && !idxGiven) {
    return importSource(source, importOptions(given), places);
  }
  const paired = (testImages === undefined) === (testLabels === undefined);
  if (source !== undefined || images === undefined || labels === undefined || !paired) {
    const message =
      'give a source, or --images and --labels, perhaps with --test-images and --test-labels';
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return importIdxFiles({ images, labels, testImages, testLabels }, importOptions(given));
}

function importOptions({
  size,
  channels,
  fit,
  label,
  image,
  raw,
  columns,
  text,
  ngrams,
  buckets,
  id,
  split,
  classes,
}: PushOptions): ImportOptions {
  return {
    ...(size !== undefined && { size: parseSize(size) }),
    ...(channels !== undefined && { channels }),
    ...(fit !== undefined && { fit }),
    ...(label !== undefined && { label }),
    ...(image !== undefined && { image }),
    ...(raw !== undefined && { raw }),
    ...(columns !== undefined && { columns: parseColumns(columns) }),
    ...(text !== undefined && { text }),
    ...(ngrams !== undefined && { ngrams: parseNgrams(ngrams) }),
    ...(buckets !== undefined && { buckets: Number(buckets) }),
    ...(id !== undefined && { id }),
    ...(split !== undefined && { split: parseSplit(split) }),
    ...(classes !== undefined && { classes: parseClasses(classes) }),
  };
}
