/** The formats that `targets export` writes: what opens a file of each. A format is a class and a line here. */
import type { TargetOutline } from '@lyceum/proto';
import { NpzTargets } from './npz-targets.js';
import type { TargetFile, ValueType } from './target-file.js';

type CreateTargets = (
  path: string,
  outline: TargetOutline,
  split: string,
  valueType: ValueType,
) => Promise<TargetFile>;

/** By name, which is the file's ending too; the first is the default. */
export const TARGET_FORMATS: ReadonlyMap<string, CreateTargets> = new Map<string, CreateTargets>([
  ['npz', async (...file) => NpzTargets.create(...file)],
  [
    'parquet',
    async (...file) => {
      // The other commands start without it.
      const { ParquetTargets } = await import('./parquet-targets.js');
      return new ParquetTargets(...file);
    },
  ],
]);
