/** Runs with terms or a rule of a plugin, which holds a user's own code: what they need of the cluster's plugin. */
import { loadedPlugin } from '@lyceum/learning/plugins';
import type { RunSpecification } from '@lyceum/learning/specification';
import type { Problem } from '@lyceum/proto';
import type { RunRecord } from './run-record.js';

const NO_PLUGIN =
  'needs a plugin, and this cluster has none; plugins run only in clusters of one machine, started with coordinator up --plugin FILE';

const METHODS = { terms: 'term', rules: 'rule' } as const;

/** @returns a problem for each method that the run names and the plugin lacks. */
export function missingMethods(specification: RunSpecification): Problem[] {
  const loaded = loadedPlugin();
  return namedMethods(specification).flatMap(({ path, kind, name }) => {
    if (loaded === undefined) return [{ path, message: NO_PLUGIN }];
    const methods = loaded.plugin[kind] ?? {};
    if (Object.hasOwn(methods, name)) return [];
    const there = Object.keys(methods).join(', ');
    const message = `the plugin has no ${METHODS[kind]} ${name}; it has ${there === '' ? `no ${kind}` : there}`;
    return [{ path, message }];
  });
}

/** The digest that goes into the record of a run that names methods of the plugin. */
export function pluginDigestOf(specification: RunSpecification): string | undefined {
  return namedMethods(specification).length > 0 ? loadedPlugin()?.digest : undefined;
}

/** Why a run cannot go on with this program's plugin; undefined: it can. */
export function foreignPlugin({
  pluginDigest,
}: Pick<RunRecord, 'pluginDigest'>): string | undefined {
  const loaded = loadedPlugin();
  if (pluginDigest === undefined || pluginDigest === loaded?.digest) return undefined;
  const now = loaded === undefined ? 'has none' : `has ${loaded.digest.slice(0, 12)}`;
  return `it began with plugin ${pluginDigest.slice(0, 12)}, and the cluster ${now}: start it with coordinator up --plugin and that file`;
}

interface NamedMethod {
  readonly path: string;
  readonly kind: 'terms' | 'rules';
  readonly name: string;
}

function namedMethods(specification: RunSpecification): NamedMethod[] {
  if (specification.kind !== 'Distillation') return [];
  const { objective, ensemble } = specification.spec;
  const terms = objective.flatMap((term, index): NamedMethod[] =>
    term.term === 'plugin'
      ? [{ path: `spec.objective[${index}].name`, kind: 'terms', name: term.name }]
      : [],
  );
  return ensemble.combine === 'plugin'
    ? [...terms, { path: 'spec.ensemble.rule', kind: 'rules', name: ensemble.rule }]
    : terms;
}
