/** The labels of samples that a run may use in training, as plain arrays. */
import type { Dataset } from '../datasets/index.js';
import { mixupOf } from './mixup.js';
import type { ViewAt } from './views.js';

/**
 * One-hot rows. For a sample that a view mixes, the row has each label's share: it sums to less than 1 if only one of
 * the two samples has a label, and to 0 if none has.
 *
 * @param labelled - [N of the set], 1 where the label may be used: `labelledMask`.
 * @param samples - [n], indices into the set.
 * @param out - at least [n, C]; all of these n rows are written.
 */
export function writeHardLabels(
  dataset: Pick<Dataset, 'labels' | 'classCount' | 'sampleCount' | 'splits' | 'chunkEnds'>,
  labelled: Uint8Array,
  samples: Uint32Array,
  view: ViewAt,
  out: Float32Array,
): void {
  out.fill(0);
  const add = (row: number, sample: number, share: number): void => {
    if (labelled[sample] === 0) return;
    const index = row * dataset.classCount + (dataset.labels[sample] as number);
    out[index] = (out[index] as number) + share;
  };
  const mixup = mixupOf(dataset, view);
  for (let row = 0; row < samples.length; row++) {
    const sample = samples[row] as number;
    if (mixup === undefined) {
      add(row, sample, 1);
      continue;
    }
    const partner = mixup.partner(sample);
    const share = mixup.share(sample, partner);
    add(row, sample, share);
    add(row, partner, 1 - share);
  }
}
