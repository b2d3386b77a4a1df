/** Fields that several terms have. */
import { z } from 'zod';
import { choose, flag, isMapping, list, number, text, wants } from '../../documents/index.js';

export const notNegative = number('a number, at least 0', { atLeast: 0 });
export const proportion = number('a number from 0 to 1', { atLeast: 0, atMost: 1 });
export const partial = number('a number, at least 0 and less than 1', { atLeast: 0, below: 1 });

const WEIGHT = "The term's factor in the objective, which is the sum of all terms";
export const weightOf = (byDefault: number) =>
  notNegative.default(byDefault).describe(`${WEIGHT}.`);
export const weight = weightOf(0.9);

/** Hinton et al. 2015, §2. */
const TEMPERATURE = 'The temperature τ that logits are divided by before softmax';
const positiveTemperature = number('a number greater than 0, at most 1000', {
  above: 0,
  atMost: 1000,
});
export const temperatureOf = (byDefault: number, text = TEMPERATURE) =>
  positiveTemperature.default(byDefault).describe(`${text}.`);

const teacherNames = list(
  z.string({ error: wants('the name of one of spec.teachers') }),
  'a list of names of spec.teachers',
  { atLeast: 1 },
).optional();
export const teachers = teacherNames.describe(
  'The names of those of spec.teachers that the term compares with; default all.',
);

/** Fields of divergences that are not multiplied by τ²: their gradient shrinks as the temperature grows. */
export const divergence = { weight, temperature: temperatureOf(1), teachers };

/**
 * Standardised logits are small and all of one scale: Sun et al. 2024 take a lower temperature and a greater weight.
 */
const STANDARDIZED = { weight: 9, temperature: 2 };

interface Defaults {
  readonly weight: number;
  readonly temperature: number;
}

/** Fields of the terms that may compare standardised logits. @param own - the defaults without `standardize`. */
export const standardizable = (own: Defaults) => ({
  weight: notNegative
    .optional()
    .describe(`${WEIGHT}; default ${own.weight}, or ${STANDARDIZED.weight} with standardize.`),
  temperature: positiveTemperature
    .optional()
    .describe(
      `${TEMPERATURE}; default ${own.temperature}, or ${STANDARDIZED.temperature} with standardize.`,
    ),
  standardize: flag()
    .default(false)
    .describe(
      "Whether logits of student and teachers first lose each row's mean and are divided by its standard deviation.",
    ),
  teachers,
});

interface Standardizable {
  readonly standardize: boolean;
  readonly weight?: number | undefined;
  readonly temperature?: number | undefined;
}

export function withDefaults<T extends Standardizable>(term: T, own: Defaults) {
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
export const layers = {
  hintLayer: hintLayer.describe(
    "The teachers' layer that is compared with: one name for all, or a mapping from teachers' names to their layers.",
  ),
  guidedLayer: layerName.describe(
    "The name of the student's layer that is to become like the teachers'.",
  ),
  teachers: teacherNames.describe(
    'The names of those of spec.teachers that the term compares with; default all, or those that hintLayer names.',
  ),
};
