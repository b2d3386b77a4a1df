/** Reads the inference counters of the teacher workers from their metrics, as a Prometheus would. */
import type { LocalCluster } from './local-cluster.js';

/** @returns number of samples inferred so far, by teacher identity, of all workers together. */
export function inferredSamples(cluster: LocalCluster): Promise<Record<string, number>> {
  return totals(cluster, 'lyceum_teacher_samples_inferred_total');
}

/** @returns seconds of inference so far, by teacher identity, of all workers together. */
export function inferenceSeconds(cluster: LocalCluster): Promise<Record<string, number>> {
  return totals(cluster, 'lyceum_teacher_inference_seconds_total');
}

async function totals(cluster: LocalCluster, metric: string): Promise<Record<string, number>> {
  const line = new RegExp(`^${metric}\\{teacher="([^"]+)"\\} (\\S+)`, 'gm');
  const sums: Record<string, number> = {};
  for (const { kind, http } of cluster.processes) {
    if (kind !== 'teacher' || http === undefined) continue;
    const response = await fetch(`http://${http}/metrics`);
    for (const [, teacher = '', value] of (await response.text()).matchAll(line)) {
      sums[teacher] = (sums[teacher] ?? 0) + Number(value);
    }
  }
  return sums;
}
