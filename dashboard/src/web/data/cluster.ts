/** Facts about the cluster, which every page shows. */
import type { ClusterFacts } from '../../api/index.js';
import { openResource } from './resource.js';

export const cluster = openResource<ClusterFacts>();

/** Whether this page may cancel, resume, retry and release. */
export function mayChange(): boolean {
  const told = cluster.told.value;
  return told.is === 'here' && told.facts.mayChange;
}
