/** Which samples must be in memory for the views of given samples. */
import type { DatasetSamples } from '../datasets/index.js';
import { mixupOf } from './mixup.js';
import type { ViewAt } from './views.js';

/**
 * The given samples and the samples that the view mixes with them, each once, ascending.
 *
 * @param samples - indices into the set.
 */
export function viewSamples(
  dataset: Pick<DatasetSamples, 'sampleCount' | 'splits' | 'chunkEnds'>,
  samples: Uint32Array,
  view: ViewAt,
): Uint32Array {
  const mixup = mixupOf(dataset, view);
  const needed = new Set(samples);
  if (mixup !== undefined) for (const sample of samples) needed.add(mixup.partner(sample));
  return Uint32Array.from(needed).sort();
}
