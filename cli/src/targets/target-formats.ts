/** The formats that `targets export` writes. To add a format, write a class and add it to the list here. */
import type { TargetOutline } from '@lyceum/proto';
import { NpzTargets } from './npz-targets.js';
import type { TargetFile, ValueType } from './target-file.js';

type CreateTargets = (
  path: string,
  outline: TargetOutline,
  split: string,
  valueType: ValueType,
) => Promise<TargetFile>;

/** By name, which is also the file's ending; the first format is the default. */
export const TARGET_FORMATS: ReadonlyMap<string, CreateTargets> = new Map<string, CreateTargets>([
  ['npz', async (...file) => NpzTargets.create(...file)],
  [
    'parquet',
    async (...file) => {
      // Imported here: other commands start without loading it.
      const { ParquetTargets } = await import('./parquet-targets.js');
      return new ParquetTargets(...file);
    },
  ],
]);
