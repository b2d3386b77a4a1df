/**
 * How a run's training samples are changed from epoch to epoch, as its user writes it. What each field does to a
 * picture is in `@lyceum/learning/views`.
 *
 * All lengths are shares of the picture, so that a view is the same for teachers that take other sizes.
 */
import type { Problem } from '@lyceum/proto';
import type { z } from 'zod';
import { flag, number, section, wholeNumber } from '../../documents/index.js';
import { ruleNamed } from '../../ensemble/rules/index.js';
import { answerTermNamed } from '../../objectives/terms/index.js';

const half = number('a number from 0 to 0.5', { atLeast: 0, atMost: 0.5 });
const share = number('a number, at least 0 and less than 1', { atLeast: 0, below: 1 });

/** What changes a sample stands here in the order of a view's text, which is part of stored answers' keys. */
export const views = section({
  seed: wholeNumber('a whole number from 0 to 4294967295', {
    atLeast: 0,
    atMost: 0xffffffff,
  })
    .default(1)
    .describe('Seed of what happens to each sample in each epoch.'),
  cycle: wholeNumber('a whole number greater than 0', { above: 0 })
    .default(1)
    .describe('Epochs after which the views repeat, so that stored answers serve again.'),
  shift: half
    .default(0)
    .describe(
      'Greatest shift as a share of height and width, in [0, 0.5]; 0, the default, is none.',
    ),
  flip: flag().default(false).describe('Mirrors half of the samples left to right.'),
  crop: share
    .default(0)
    .describe(
      'Greatest share of height and width that is cut off, in [0, 1), the rest being enlarged to the whole; 0, the default, is none.',
    ),
  rotation: half
    .default(0)
    .describe(
      'Greatest rotation to either side, as a share of a full turn, in [0, 0.5]: 0.04 is 14.4 degrees; 0, the default, is none.',
    ),
  cutout: share
    .default(0)
    .describe(
      'Side of a hole of zeros as a share of height and width, in [0, 1) (DeVries & Taylor 2017); 0, the default, is none.',
    ),
  mixup: flag()
    .default(false)
    .describe(
      'Mixes each sample with another of its split, and their labels alike; teachers answer the mixed sample (Zhang et al. 2018, Beyer et al. 2022).',
    ),
});

export type ViewSettings = z.output<typeof views>;

/** Fields that need pictures; `mixup` alone does not. */
export const PICTURE_VIEWS = ['shift', 'flip', 'crop', 'rotation', 'cutout'] as const;

/** What must hold between a run's views, its rule and its terms. */
export function viewsProblems(
  views: Mapping,
  ensemble: Mapping,
  terms: readonly Mapping[],
): Problem[] {
  if (views['mixup'] !== true) return [];
  const problem = (path: string, name: unknown, instead: string): Problem => ({
    path,
    message: `${String(name)} needs the one label of each sample, and spec.views.mixup mixes two; want mixup: false, or ${instead}`,
  });
  const { combine } = ensemble;
  return [
    ...terms.flatMap(({ term }, index) =>
      answerTermNamed(term)?.needsOneLabel
        ? [problem(`spec.objective[${index}].term`, term, 'term: kd')]
        : [],
    ),
    ...(ruleNamed(combine)?.needsLabels
      ? [problem('spec.ensemble.combine', combine, 'combine: entropy')]
      : []),
  ];
}

type Mapping = Readonly<Record<string, unknown>>;
