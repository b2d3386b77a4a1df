/** Where commands read and write shards: below a folder, in buckets, over HTTP. */
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { flag } from '@lyceum/platform/flags';
import {
  type ObjectFlags,
  type ObjectSettings,
  type Objects,
  objectFlags,
  openObjects,
} from '@lyceum/platform/objects';
import { LyceumError, printable } from '@lyceum/proto';
import type { Command } from 'commander';

export interface ShardPlaceFlags extends ObjectFlags {
  readonly datasetsRoot: string;
}

export function addShardPlaceOptions(command: Command): void {
  command.addOption(
    flag(
      '--datasets-root <dir>',
      'the folder that paths are relative to, as the workers have it; default: the current folder',
      'LYCEUM_DATASETS_ROOT',
    ).default('.'),
  );
  for (const option of objectFlags()) command.addOption(option);
}

/**
 * @param guards - which addresses may be called.
 * @param environment - holds AWS's variables.
 */
export function openShardObjects(
  { datasetsRoot, s3Endpoint, s3Region }: ShardPlaceFlags,
  guards: Pick<ObjectSettings, 'guard' | 'redirects'>,
  environment: NodeJS.ProcessEnv,
): Objects {
  return openObjects({
    datasetsRoot: resolve(datasetsRoot),
    ...guards,
    s3Endpoint,
    s3Region,
    environment,
  });
}

/**
 * Turns a path that a shell completed, if it leads into the root, into one below the root; returns other URLs
 * unchanged.
 *
 * @throws {LyceumError} INVALID_ARGUMENT naming the root, if the path leads elsewhere.
 */
export function belowRoot({ datasetsRoot }: ShardPlaceFlags, url: string): string {
  const [, split = '', path = url] = /^([a-z]+=)?(\/.*)$/is.exec(url) ?? [];
  if (!isAbsolute(path)) return url;
  const root = resolve(datasetsRoot);
  const below = relative(root, path);
  if (below === '' || below.startsWith(`..${sep}`) || below === '..') {
    const message = `${printable(path)}: is not below the datasets root ${root}; want a path in it, or another --datasets-root`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return `${split}${below}${path.endsWith('/') ? '/' : ''}`;
}
