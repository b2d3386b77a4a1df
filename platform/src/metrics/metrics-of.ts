/** Declares a metric in one line: its name, its help text, and its labels, if any. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

interface MetricMaker {
  counter<L extends string = never>(
    name: string,
    help: string,
    labelNames?: readonly L[],
  ): Counter<L>;
  gauge(name: string, help: string): Gauge;
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
  /** A gauge whose value is read whenever Prometheus asks. */
  observe<L extends string = never>(
    name: string,
    help: string,
    set: (gauge: Gauge<L>) => void,
    labelNames?: readonly L[],
  ): void;
}

export function metricsOf(registry: Registry): MetricMaker {
  const registers = [registry];
  return {
    counter: (name, help, labelNames = []) => new Counter({ name, help, labelNames, registers }),
    gauge: (name, help) => new Gauge({ name, help, registers }),
    histogram: (name, help, buckets) =>
      new Histogram({ name, help, buckets: [...buckets], registers }),
    observe<L extends string>(
      name: string,
      help: string,
      set: (gauge: Gauge<L>) => void,
      labelNames: readonly L[] = [],
    ) {
      const collect = () => set(gauge);
      const gauge: Gauge<L> = new Gauge({ name, help, labelNames, registers, collect });
    },
  };
}
