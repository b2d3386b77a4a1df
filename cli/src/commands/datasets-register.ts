import {
  IMAGE_FITS,
  type ImageFit,
  parseClasses,
  parseSize,
  parseSplit,
  requireNothingRefused,
} from '@lyceum/learning/import';
import {
  parseLabelPlace,
  type RegisteredSet,
  type RegisterOptions,
  registerSet,
} from '@lyceum/learning/indexing';
import { AddressGuard, ALL_ADDRESSES } from '@lyceum/platform';
import type { Objects } from '@lyceum/platform/objects';
import { ArtifactKind, requireArtifactName } from '@lyceum/proto';
import { type Command, Option } from 'commander';
import { pushArtifact } from '../artifacts/index.js';
import {
  addShardPlaceOptions,
  belowRoot,
  openShardObjects,
  type ShardPlaceFlags,
} from '../files/index.js';
import { shardLines } from '../printing/index.js';
import { bytesText } from '../printing/text/index.js';
import {
  type GlobalOptions,
  globalOptions,
  interruptible,
  notice,
  print,
  withCoordinator,
  withProgress,
} from '../session/index.js';

interface RegisterFlags extends ShardPlaceFlags {
  readonly size: string;
  readonly channels: 'gray' | 'rgb';
  readonly fit: ImageFit;
  readonly label?: string;
  readonly image?: string;
  readonly classes?: string;
  readonly split?: string;
  readonly checkPictures?: boolean;
  readonly skipRefused?: boolean;
  readonly dryRun?: boolean;
}

/** @param env - holds AWS's variables. */
export function addRegister(datasets: Command, env: NodeJS.ProcessEnv): void {
  const register = datasets
    .command('register')
    .description('make a data set of any number of pictures that stay where they are')
    .argument('<name>', 'lower-case letters, digits, dashes and dots')
    .argument('<urls...>', 'tars, Parquet files, TFRecords or folders of pictures: see below')
    .requiredOption('--size <height>x<width>', 'what pictures are scaled to when they are read')
    .addOption(
      new Option('--channels <kind>', 'gray or coloured pictures')
        .choices(['gray', 'rgb'])
        .default('rgb'),
    )
    .addOption(
      new Option('--fit <how>', 'a picture of another shape: cut, padded, distorted')
        .choices(IMAGE_FITS)
        .default('cover'),
    )
    .option(
      '--label <place>',
      'of tars: the ending of files with the class (cls), or json:FIELD; of Parquet: the column; of TFRecords: the feature',
    )
    .option(
      '--image <place>',
      'of tars: the ending of pictures; of Parquet: their column; of TFRecords: their feature',
    )
    .option('--classes <names>', 'all classes in their order: a,b,c, or @FILE with one a line')
    .option('--split <how>', 'names, or shares: test=0.2,validation=0.1,seed=7')
    .option('--check-pictures', 'decode every picture, and refuse those that are damaged')
    .option('--skip-refused', 'leave out pictures that cannot be taken; else nothing is pushed')
    .option('--dry-run', 'show what would be pushed, and push nothing; needs no cluster');
  addShardPlaceOptions(register);
  register
    .addHelpText('after', REGISTER_HELP)
    .action((name: string, urls: string[], flags: RegisterFlags, command: Command) =>
      registerUrls(name, urls, flags, command, env),
    );
}

const REGISTER_HELP = `
URLs are paths below --datasets-root, s3://BUCKET/KEY or https://…:
  shards-{0000..0146}.tar   WebDataset: 000017.jpg and 000017.cls are a sample; braces name many
  data.parquet              pictures as bytes in a column, as Hugging Face has them, with its classes
  a-{0..9}.tfrecord         tf.train.Example with an encoded picture and its class, label or image/class/label
  pets/                     a slash at the end: all shards in it, or a folder of pictures, pets/cat/1.jpg
  train=URL, test=URL       the split; else names of files and folders say it, else it is drawn by --split

All is read once, and nothing is copied: the set is a small file that says where each picture is. An interrupted
registration continues where it stopped. See docs/sets.md.

Examples:
  coordinator datasets register pets pets/ --size 224 --datasets-root /mnt/sets --dry-run
  coordinator datasets register birds train=s3://sets/birds-{0000..0146}.tar test=s3://sets/birds-test.tar --size 224
  coordinator datasets register digits data/train-00000-of-00001.parquet --size 28 --channels gray`;

async function registerUrls(
  name: string,
  urls: readonly string[],
  flags: RegisterFlags,
  command: Command,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const globals = globalOptions(command);
  requireArtifactName(name);
  const options = await registerOptions(urls, flags);
  // All addresses that the user types are allowed; redirects may lead only to public addresses.
  const guards = { guard: new AddressGuard([ALL_ADDRESSES]), redirects: new AddressGuard([]) };
  const objects = openShardObjects(flags, guards, env);
  let registered: RegisteredSet;
  try {
    registered = await readShards(name, options, objects, globals);
  } finally {
    await objects.close();
  }
  const { manifest, ...found } = registered;
  const isDryRun = flags.dryRun === true;
  if (isDryRun) print(globals.output, found, () => shardLines(found));
  if (flags.skipRefused !== true) requireNothingRefused(found.summary, isDryRun);
  if (isDryRun) return;
  for (const line of shardLines(found)) notice(line);
  await withCoordinator(command, (context) =>
    pushArtifact(context, ArtifactKind.ARTIFACT_KIND_DATASET, name, manifest),
  );
}

/** Shows a line of progress; Ctrl-C ends it. */
export function readShards(
  name: string,
  options: RegisterOptions,
  objects: Objects,
  { cache }: Pick<GlobalOptions, 'cache'>,
): Promise<RegisteredSet> {
  return interruptible((signal) =>
    withProgress(`reading ${name}`, bytesText, (onProgress) =>
      registerSet(options, { objects, cacheFolder: cache, signal, onProgress }),
    ),
  );
}

async function registerOptions(
  urls: readonly string[],
  flags: RegisterFlags,
): Promise<RegisterOptions> {
  const { size, channels, fit, label, image, classes, split, checkPictures } = flags;
  return {
    sources: urls.map((url) => belowRoot(flags, url)),
    grid: { ...parseSize(size), channels: channels === 'gray' ? 1 : 3, fit },
    label: label === undefined ? undefined : parseLabelPlace(label),
    image,
    classes: classes === undefined ? undefined : parseClasses(classes),
    split: split === undefined ? undefined : parseSplit(split),
    checksPictures: checkPictures === true,
  };
}
