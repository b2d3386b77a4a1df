/** Fields that several terms have. */
import { z } from 'zod';
import { choose, flag, isMapping, list, number, text, wants } from '../../documents/index.js';

export const notNegative = number('a number, at least 0', { atLeast: 0 });
export const proportion = number('a number from 0 to 1', { atLeast: 0, atMost: 1 });
export const partial = number('a number, at least 0 and less than 1', { atLeast: 0, below: 1 });

/** Divides logits before softmax. Hinton et al. 2015, §2. */
export const temperature = number('a number greater than 0, at most 1000', {
  above: 0,
  atMost: 1000,
});
export const weight = notNegative.default(0.9);

/** Names of `spec.teachers` that the term compares with; absent: all. */
export const teachers = list(
  z.string({ error: wants('the name of one of spec.teachers') }),
  'a list of names of spec.teachers',
  { atLeast: 1 },
).optional();

/** Of divergences that are not multiplied by its square: their gradient shrinks as it grows. */
export const divergence = { weight, temperature: temperature.default(1), teachers };

/** Standardised logits are smaller and alike in size: Sun et al. 2024 take a lower temperature and weigh more. */
const STANDARDIZED = { weight: 9, temperature: 2 };

/**
 * Fields of the terms that may compare standardised logits, and the defaults without.
 *
 * `standardize`: student's and teachers' logits first lose each row's mean and are divided by its deviation. Defaults
 * are then those of {@link STANDARDIZED}.
 */
export const standardizable = {
  weight: notNegative.optional(),
  temperature: temperature.optional(),
  standardize: flag().default(false),
  teachers,
};

interface Standardizable {
  readonly standardize: boolean;
  readonly weight?: number | undefined;
  readonly temperature?: number | undefined;
}

export function withDefaults<T extends Standardizable>(
  term: T,
  own: { readonly weight: number; readonly temperature: number },
) {
  const { weight, temperature } = term.standardize ? STANDARDIZED : own;
  return { ...term, weight: term.weight ?? weight, temperature: term.temperature ?? temperature };
}

/** Eight of them still fit into a ticket. */
const LAYER =
  'the name of a layer, at most 80 letters, digits, dots, dashes, underscores and slashes';
const layerName = text(LAYER, /^[A-Za-z0-9._/-]{1,80}$/);
const layersByTeacher = z.record(z.string(), layerName, { error: wants('a mapping') });

const HINT_LAYER = `${LAYER}; or a mapping from names of spec.teachers to their layers`;
const hintLayer = choose([layerName, layersByTeacher], (input) => {
  if (typeof input === 'string') return layerName;
  return isMapping(input) && Object.keys(input).length > 0
    ? layersByTeacher
    : { path: '', message: wants(HINT_LAYER)({ input }) };
});

/** Of terms on inner layers: `LayerSettings`. Layers of several depths are terms of their own. */
export const layers = { hintLayer, guidedLayer: layerName, teachers };
