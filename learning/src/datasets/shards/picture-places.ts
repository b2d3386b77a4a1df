/**
 * Where pictures of a set in shards are, in words, without the rest of the manifest in memory. Use it in threads: see
 * `NpzOnDisk`.
 */
import { InvalidDocumentError, LyceumError, type Problem } from '@lyceum/proto';
import { NpzOnDisk } from '../../files/index.js';
import { picturesIn, placeInShard } from './shard-formats.js';
import { readShardsMeta } from './shards-meta.js';

/**
 * @param path - of a set's file whose digest was checked.
 * @param samples - indices into the set.
 * @returns `s3://photos/train-0.tar, bytes 512 to 9,411`, one a sample; undefined: the set is one file.
 */
export function picturePlaces(path: string, samples: readonly number[]): string[] | undefined {
  const what = 'data set';
  const file = new NpzOnDisk(path, what);
  try {
    if (!file.names.includes('chunkEnds')) return undefined;
    const problems: Problem[] = [];
    const meta: unknown = JSON.parse(Buffer.from(file.member('meta.json') ?? '').toString());
    const { shards } = readShardsMeta(meta, problems) ?? {};
    if (shards === undefined) throw new InvalidDocumentError(what, problems);
    const entry = (name: string, sample: number): number => {
      const [value] = file.array(name)?.rows(sample, sample + 1) ?? [];
      if (value !== undefined) return Number(value);
      throw new LyceumError('INVALID_ARGUMENT', `${what} has no ${name}`);
    };
    const pathOf = (sample: number): string => {
      const start = sample === 0 ? 0 : entry('pathEnds', sample - 1);
      const bytes = file.array('paths')?.rows(start, entry('pathEnds', sample));
      return Buffer.from(bytes as Uint8Array).toString();
    };
    return samples.map((sample) => {
      const shard = shards[entry('shards', sample)];
      if (shard === undefined) {
        throw new LyceumError('INVALID_ARGUMENT', `${what}: sample ${sample} is in no shard`);
      }
      const { url, format } = shard;
      if (picturesIn(shard) === 'files') return `${url}${pathOf(sample)}`;
      const place = placeInShard(format, entry('offsets', sample), entry('lengths', sample));
      return `${url}, ${place}`;
    });
  } finally {
    file.close();
  }
}
