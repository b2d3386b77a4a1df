import { parseStoredDataset, type ShardIndex, type StoredDataset } from '@lyceum/learning/datasets';
import { parseSize } from '@lyceum/learning/import';
import {
  PICTURE_FORMATS,
  type PictureFormat,
  type RegisteredSet,
  type RepackOptions,
  repackSet,
} from '@lyceum/learning/indexing';
import { AddressGuard } from '@lyceum/platform';
import { allowedAddresses, flag, wholeNumber } from '@lyceum/platform/flags';
import type { Objects } from '@lyceum/platform/objects';
import { ArtifactKind, LyceumError, requireArtifactName } from '@lyceum/proto';
import { type Command, Option } from 'commander';
import { pushArtifact } from '../artifacts/index.js';
import {
  addShardPlaceOptions,
  belowRoot,
  openShardObjects,
  type ShardPlaceFlags,
} from '../files/index.js';
import { shardLines } from '../printing/index.js';
import { countText } from '../printing/text/index.js';
import {
  type GlobalOptions,
  globalOptions,
  interruptible,
  notice,
  withCoordinator,
  withProgress,
} from '../session/index.js';
import { readShards } from './datasets-register.js';

const KIND = ArtifactKind.ARTIFACT_KIND_DATASET;

interface RepackFlags extends ShardPlaceFlags {
  readonly size?: string;
  readonly format: PictureFormat;
  readonly quality: number;
  readonly seed: number;
  readonly skipRefused?: boolean;
  readonly allowAddresses: readonly string[];
}

type SetInShards = StoredDataset & { readonly shards: ShardIndex };

/** @param env - holds AWS's variables. */
export function addRepack(datasets: Command, env: NodeJS.ProcessEnv): void {
  const repack = datasets
    .command('repack')
    .description("write a registered set's pictures again, smaller and mixed, and register them")
    .argument('<name>', 'a set that was registered')
    .argument('<new-name>', 'name of the new set')
    .argument('<target>', 'where its shards are written: a folder below --datasets-root, or s3://')
    .option('--size <height>x<width>', "size of the pictures (default: the set's)")
    .addOption(
      new Option('--format <format>', 'format of the pictures')
        .choices(PICTURE_FORMATS)
        .default('jpeg'),
    )
    .addOption(
      new Option('--quality <n>', 'quality of jpeg and webp, 1 to 100')
        .argParser(wholeNumber(1, 100))
        .default(90),
    )
    .addOption(
      new Option('--seed <n>', 'seed of the order in which pictures are written')
        .argParser(wholeNumber(0))
        .default(0),
    )
    .option(
      '--skip-refused',
      'leave out pictures that cannot be decoded; else the first one ends the command',
    )
    .addOption(
      flag(
        '--allow-addresses <list>',
        "private addresses that the set's shards may be at, or all",
        'LYCEUM_ALLOW_ADDRESSES',
      )
        .argParser(allowedAddresses)
        .default([], 'public addresses alone'),
    );
  addShardPlaceOptions(repack);
  repack
    .addHelpText('after', REPACK_HELP)
    .action((name: string, newName: string, target: string, flags: RepackFlags, command: Command) =>
      repackNamed({ name, newName, target, flags, command, env }),
    );
}

const REPACK_HELP = `
Pictures are decoded to the size, encoded again and written in tars, each of one split, in the order of the seed. An
interrupted repack continues with the next tar. Labels, classes and splits stay as they are. See docs/sets.md.

Examples:
  coordinator datasets repack pets pets-mixed pets-mixed/ --datasets-root /mnt/sets
  coordinator datasets repack birds birds-256 s3://sets/birds-256/ --size 256 --quality 85`;

interface Repack {
  readonly name: string;
  readonly newName: string;
  readonly target: string;
  readonly flags: RepackFlags;
  readonly command: Command;
  readonly env: NodeJS.ProcessEnv;
}

async function repackNamed(repack: Repack): Promise<void> {
  const { name, newName, flags, command, env } = repack;
  requireArtifactName(newName);
  await withCoordinator(command, async (context) => {
    const bytes = await context.client.pullArtifact(KIND, name, { signal: context.signal });
    const set = parseStoredDataset(bytes);
    if (!isInShards(set)) {
      const message = `${name} is one file, which needs no repacking; want a set that was registered`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const objects = openShardObjects(flags, { guard: new AddressGuard(flags.allowAddresses) }, env);
    let registered: RegisteredSet;
    try {
      registered = await writtenAgain(set, repack, objects, globalOptions(command));
    } finally {
      await objects.close();
    }
    const { manifest, ...found } = registered;
    for (const line of shardLines(found)) notice(line);
    await pushArtifact(context, KIND, newName, manifest);
  });
}

async function writtenAgain(
  set: SetInShards,
  { newName, target, flags }: Repack,
  objects: Objects,
  globals: GlobalOptions,
): Promise<RegisteredSet> {
  const { size, format, quality, seed, skipRefused } = flags;
  const { grid: own } = set.shards;
  const options: RepackOptions = {
    target: folderOf(belowRoot(flags, target)),
    grid: size === undefined ? own : { ...own, ...parseSize(size) },
    format,
    quality,
    seed,
    skipsRefused: skipRefused === true,
  };
  const { sources, refusals } = await interruptible((signal) =>
    withProgress(`repacking ${newName}`, samplesText, (onProgress) =>
      repackSet(set, options, { objects, cacheFolder: globals.cache, signal, onProgress }),
    ),
  );
  for (const { path, message } of refusals.first) notice(`warning: left out ${path}: ${message}`);
  const { grid } = options;
  const { classNames: classes } = set;
  const register = { sources, grid, classes, checksPictures: false, areRepacked: true };
  return readShards(newName, register, objects, globals);
}

function isInShards(set: StoredDataset): set is SetInShards {
  return set.shards !== undefined;
}

function folderOf(target: string): string {
  return target.endsWith('/') ? target : `${target}/`;
}

function samplesText(count: number): string {
  return `${countText(Math.round(count))} pictures`;
}
