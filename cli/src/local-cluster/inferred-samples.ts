/** What the teacher workers say that they have inferred, read where anybody's Prometheus would read it. */
import type { LocalCluster } from './local-cluster.js';

const SAMPLES = /^lyceum_teacher_samples_inferred_total\{teacher="([^"]+)"\} (\d+)/gm;

/** @returns samples inferred so far by teacher (identity), all workers together. */
export async function inferredSamples(cluster: LocalCluster): Promise<Record<string, number>> {
  const totals: Record<string, number> = {};
  for (const { kind, http } of cluster.processes) {
    if (kind !== 'teacher' || http === undefined) continue;
    const response = await fetch(`http://${http}/metrics`);
    for (const [, teacher = '', samples] of (await response.text()).matchAll(SAMPLES)) {
      totals[teacher] = (totals[teacher] ?? 0) + Number(samples);
    }
  }
  return totals;
}
