/** Where a person's commands read and write shards: below a folder, in buckets, over HTTP. */
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { AddressGuard } from '@lyceum/platform';
import { type ObjectFlags, type Objects, objectFlags, openObjects } from '@lyceum/platform/objects';
import { type Command, Option } from 'commander';

export interface ShardPlaceFlags extends ObjectFlags {
  readonly datasetsRoot: string;
}

export function addShardPlaceOptions(command: Command): void {
  command.addOption(
    new Option(
      '--datasets-root <dir>',
      'the folder that paths are relative to, as the workers have it; default: the current folder',
    )
      .env('LYCEUM_DATASETS_ROOT')
      .default('.'),
  );
  for (const option of objectFlags()) command.addOption(option);
}

/**
 * @param allowed - addresses that may be called, as `--allow-addresses` has them.
 * @param environment - has AWS's variables.
 */
export function openShardObjects(
  { datasetsRoot, s3Endpoint, s3Region }: ShardPlaceFlags,
  allowed: readonly string[],
  environment: NodeJS.ProcessEnv,
): Objects {
  return openObjects({
    datasetsRoot: resolve(datasetsRoot),
    guard: new AddressGuard(allowed),
    s3Endpoint,
    s3Region,
    environment,
  });
}

/** A path as shells complete it, where it leads into the root; anything else as it is. */
export function belowRoot({ datasetsRoot }: ShardPlaceFlags, url: string): string {
  const [, split = '', path = url] = /^([a-z]+=)?(\/.*)$/is.exec(url) ?? [];
  if (!isAbsolute(path)) return url;
  const below = relative(resolve(datasetsRoot), path);
  const isOutside = below === '' || below.startsWith(`..${sep}`) || below === '..';
  return isOutside ? url : `${split}${below}${path.endsWith('/') ? '/' : ''}`;
}
