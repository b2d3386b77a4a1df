/** The names under which splits go about in folders, files and columns. */
import type { SplitName } from './dataset.js';

const SPLIT_OF: Readonly<Record<string, SplitName>> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  dev: 'validation',
  test: 'test',
  testing: 'test',
};

/** @returns undefined if `name`, in any case, is no split's. */
export function splitNamed(name: string): SplitName | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(SPLIT_OF, key) ? SPLIT_OF[key] : undefined;
}
