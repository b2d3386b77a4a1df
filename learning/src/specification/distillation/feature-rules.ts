/**
 * What must hold between the terms that compare inner layers, the teachers and the quorum. They look at the document as
 * it was written, like all of run-specification-rules.ts.
 *
 * A term compares with each teacher by itself, and is the mean of these. Only a white box has layers to ask for.
 */
import type { Problem } from '@lyceum/proto';
import { isMapping, listed } from '../../documents/index.js';
import { termNamed } from '../../objectives/terms/index.js';

type Mapping = Readonly<Record<string, unknown>>;

export function featureProblems(
  objective: readonly Mapping[],
  ensemble: Mapping,
  teachers: readonly Mapping[],
): Problem[] {
  const counted = objective.filter(({ weight }) => weight !== 0);
  const first = counted.find(({ term }) => isFeature(term));
  if (first !== undefined && counted.every(({ term }) => isFeature(term))) {
    const message = `${String(first['term'])} trains no layer behind guidedLayer, and no other term does; add { term: kd } or { term: ce } with a weight above 0`;
    return [{ path: 'spec.objective', message }];
  }
  return objective.flatMap((term, index) => {
    const { term: name, weight, hintLayer } = term;
    if (!isFeature(name) || weight === 0) return [];
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

/** Features of a teacher that did not answer cannot be replaced by those of others, so a feature term needs all. */
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

function isFeature(name: unknown): name is string {
  return termNamed(name)?.of === 'features';
}
