/**
 * How a run's training samples are changed from epoch to epoch, as its user writes it. What each field does to a
 * picture is in `@lyceum/learning/views`.
 *
 * All lengths are shares of the picture, so that a view is the same for teachers that take other sizes.
 */
import type { Problem } from '@lyceum/proto';
import { z } from 'zod';
import { flag, number, section, wants, wholeNumber } from '../../documents/index.js';
import { ruleNamed } from '../../ensemble/rules/index.js';
import { answerTermNamed } from '../../objectives/terms/index.js';

const half = number('a number from 0 to 0.5', { atLeast: 0, atMost: 0.5 });
const share = number('a number, at least 0 and less than 1', { atLeast: 0, below: 1 });

/** Two numbers, the first not above the second. */
function interval(
  want: string,
  element: z.ZodNumber,
): z.ZodTuple<[z.ZodNumber, z.ZodNumber], null> {
  const [listed, ordered] = [wants(want), wants(`${want}, the smaller one first`)];
  return z
    .tuple([element, element], { error: listed })
    .refine(([from, to]) => from <= to, { error: ordered });
}

const randomResizedCrop = section({
  area: interval(
    '[from, to], two shares of the area above 0 and up to 1',
    number('a share of the area, above 0 and up to 1', { above: 0, atMost: 1 }),
  )
    .default([0.08, 1])
    .describe('Least and greatest share of the area that is kept; default [0.08, 1].'),
  ratio: interval(
    '[from, to], two numbers above 0',
    number('width by height, a number above 0', { above: 0 }),
  )
    .default([3 / 4, 4 / 3])
    .describe('Least and greatest width by height of what is kept; default [3/4, 4/3].'),
});

/** Fields that cannot stand beside `randomResizedCrop`, which also says where a picture's pixels come from. */
const PLACING = ['shift', 'crop', 'rotation'] as const;

/** Fields that change a sample stand in the order of a view's text, which is part of the keys of stored answers. */
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
  randomResizedCrop: randomResizedCrop
    .optional()
    .describe(
      'Keeps a rectangle of random area, shape and place, enlarged to the whole (Szegedy et al. 2015; {} is as in torchvision); absent: none. Not with shift, crop or rotation.',
    ),
}).superRefine((view, { addIssue }) => {
  if (view.randomResizedCrop === undefined) return;
  for (const name of PLACING) {
    if (view[name] === 0) continue;
    const message = `cannot be with randomResizedCrop, which says alone what is kept; want ${name}: 0, or no randomResizedCrop`;
    addIssue({ code: 'custom', path: [name], message });
  }
});

export type ViewSettings = z.output<typeof views>;

/** Fields that need pictures; `mixup` alone does not. */
export const PICTURE_VIEWS = [
  'shift',
  'flip',
  'crop',
  'rotation',
  'cutout',
  'randomResizedCrop',
] as const;

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
