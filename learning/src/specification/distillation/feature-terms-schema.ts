/**
 * The terms that compare the student's inner layers with teachers': their fields, defaults and rules.
 *
 * Each names a hint layer of its teachers and a guided layer of the student, and compares with every teacher by itself:
 * of several the term is the mean. Layers of several depths are terms of their own. Only a white box has layers to ask
 * for.
 */
import type { Problem } from '@lyceum/proto';
import { z } from 'zod';
import {
  choose,
  isMapping,
  list,
  listed,
  number,
  section,
  text,
  wants,
  wholeNumber,
  word,
} from '../../documents/index.js';

const notNegative = number('a number, at least 0', { atLeast: 0 });

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

const layers = {
  /** The teachers' layer: one name for all, or by teacher. */
  hintLayer,
  /** The student's layer that is to become like it. */
  guidedLayer: layerName,
  /** Names of `spec.teachers` that the term compares with; absent: all, or those that `hintLayer` names. */
  teachers: list(
    z.string({ error: wants('the name of one of spec.teachers') }),
    'a list of names of spec.teachers',
    { atLeast: 1 },
  ).optional(),
};

export const featureTerms = {
  /**
   * `mean (R(f_s) − f_t)²`. R, a regressor for each teacher, is trained with the student and left out of what is
   * exported. Romero et al. 2015.
   */
  hint: section({
    term: z.literal('hint'),
    weight: notNegative.default(100),
    ...layers,
    /** What R ends in: `relu` where the hint layer does. */
    activation: word('linear', 'relu').default('linear'),
  }),
  /** Where in an image the features are large; of maps. Zagoruyko & Komodakis 2017. */
  'attention-transfer': section({
    term: z.literal('attention-transfer'),
    weight: notNegative.default(1000),
    ...layers,
    /** Features are raised to it before they are averaged over channels. */
    power: wholeNumber('a whole number from 1 to 8', { atLeast: 1, atMost: 8 }).default(2),
  }),
  /** Which samples of a batch are alike. Tung & Mori 2019. */
  'similarity-preserving': section({
    term: z.literal('similarity-preserving'),
    weight: notNegative.default(3000),
    ...layers,
  }),
  /** Distances and angles between the samples of a batch. Park et al. 2019, weights of later comparisons. */
  rkd: section({
    term: z.literal('rkd'),
    weight: notNegative.default(1),
    ...layers,
    distanceWeight: notNegative.default(25),
    angleWeight: notNegative.default(50),
  }),
};

const FEATURE_TERMS = Object.keys(featureTerms);

export type FeatureTermSettings = {
  [Name in keyof typeof featureTerms]: z.output<(typeof featureTerms)[Name]>;
}[keyof typeof featureTerms];

/** Whether a term compares features. */
export function isFeatureTerm<T extends { readonly term: string }>(
  term: T,
): term is Extract<T, FeatureTermSettings> {
  return FEATURE_TERMS.includes(term.term);
}

export interface HintLayer {
  /** Ensemble index. */
  readonly teacher: number;
  readonly layer: string;
}

/** The layers of teachers that a term compares with, in ensemble order. */
export function hintLayers(
  { hintLayer, teachers }: Pick<FeatureTermSettings, 'hintLayer' | 'teachers'>,
  names: readonly string[],
): HintLayer[] {
  return names.flatMap((name, teacher) => {
    const isOne = teachers === undefined || teachers.includes(name);
    const layer = typeof hintLayer === 'string' ? hintLayer : hintLayer[name];
    return isOne && layer !== undefined ? [{ teacher, layer }] : [];
  });
}

function isFeatureTermName(name: unknown): name is string {
  return typeof name === 'string' && FEATURE_TERMS.includes(name);
}

type Mapping = Readonly<Record<string, unknown>>;

/** What must hold between feature terms, the teachers and the quorum; looks at the document as it was written. */
export function featureProblems(
  objective: readonly Mapping[],
  ensemble: Mapping,
  teachers: readonly Mapping[],
): Problem[] {
  const counted = objective.filter(({ weight }) => weight !== 0);
  const first = counted.find(({ term }) => isFeatureTermName(term));
  if (first !== undefined && counted.every(({ term }) => isFeatureTermName(term))) {
    const message = `${String(first['term'])} trains no layer behind guidedLayer, and no other term does; add { term: kd } or { term: ce } with a weight above 0`;
    return [{ path: 'spec.objective', message }];
  }
  return objective.flatMap((term, index) => {
    const { term: name, weight, hintLayer } = term;
    if (!isFeatureTermName(name) || weight === 0) return [];
    const path = `spec.objective[${index}]`;
    return [
      ...(isMapping(hintLayer) ? mappingProblems(path, term, hintLayer, teachers) : []),
      ...quorumProblems(path, name, ensemble, teachers),
    ];
  });
}

function mappingProblems(
  path: string,
  { teachers: named }: Mapping,
  hintLayer: Mapping,
  teachers: readonly Mapping[],
): Problem[] {
  const known = teachers.map(({ name }) => String(name));
  const unknown = Object.keys(hintLayer).filter((name) => !known.includes(name));
  const problems = unknown.map((name) => ({
    path: `${path}.hintLayer.${name}`,
    message: `"${name}" is none of spec.teachers; want ${listed(known)}`,
  }));
  if (named === undefined) return problems;
  const message = 'is told by the mapping of hintLayer already; leave it out';
  return [...problems, { path: `${path}.teachers`, message }];
}

/** A span without a teacher's features has none to put in their place. */
function quorumProblems(
  path: string,
  name: string,
  { quorum }: Mapping,
  teachers: readonly Mapping[],
): Problem[] {
  if (typeof quorum !== 'number' || quorum >= teachers.length) return [];
  const message = `${name} compares with each teacher by itself, and spec.ensemble.quorum: ${quorum} of ${teachers.length} may leave one out; want quorum: all`;
  return [{ path: `${path}.term`, message }];
}
