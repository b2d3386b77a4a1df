/** The page about metrics, from the programs' registries. */
import type { MetricObject, Registry } from 'prom-client';
import type { Described } from './described.js';
import { code, page, plain, table } from './markdown.js';

interface ProgramMetrics {
  readonly program: string;
  readonly registry: Registry;
}

const OF_NODE = /^(?:process|nodejs)_/;

export function metricsPage(intro: string, programs: readonly ProgramMetrics[]): string {
  const [first] = programs;
  const ofNode = metricsOf(first?.registry).filter(({ name }) => OF_NODE.test(name));
  return page(
    '# Metrics',
    intro,
    ...programs.flatMap(({ program, registry }) => [
      `## ${program}`,
      tableOf(metricsOf(registry).filter(({ name }) => !OF_NODE.test(name))),
    ]),
    '## Every program',
    'Node.js’ own metrics of the process.',
    tableOf(ofNode),
  );
}

export function describedMetrics({ program, registry }: ProgramMetrics): Described[] {
  return metricsOf(registry).map(({ name, help }) => ({ path: `${program} ${name}`, text: help }));
}

/** The metrics of a registry, in the order of their names. */
function metricsOf(registry: Registry | undefined): MetricObject[] {
  const metrics = registry?.getMetricsAsArray() ?? [];
  return metrics.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A table of two columns, since names are long. */
function tableOf(metrics: readonly MetricObject[]): string {
  return table(
    ['metric', 'what'],
    metrics.map((metric) => [code(metric.name), `${plain(metric.help)} ${kindOf(metric)}`]),
  );
}

/** A metric's type (the name of its class) and its labels. */
function kindOf(metric: MetricObject): string {
  const type = metric.constructor.name;
  const labels = labelsOf(metric).map(code).join(', ');
  return labels === '' ? `${type}.` : `${type} by ${labels}.`;
}

/** The metric's labels, which the registry's own type leaves out. */
function labelsOf(metric: MetricObject): readonly string[] {
  return (metric as unknown as { readonly labelNames?: readonly string[] }).labelNames ?? [];
}
