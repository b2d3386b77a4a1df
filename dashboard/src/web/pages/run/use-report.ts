/** A run's report, once there is one. */
import { useEffect, useMemo } from 'preact/hooks';
import type { Report } from '../../../api/index.js';
import { openResource, type Told } from '../../data/resource.js';

export interface RunReport {
  readonly told: Told<Report>;
  readonly ask: () => void;
}

/** @param isThere - the run has succeeded. */
export function useReport(id: string, isThere: boolean): RunReport {
  const report = useMemo(() => openResource<Report>(), []);
  const ask = () => report.ask(`runs/${encodeURIComponent(id)}/report`);
  useEffect(() => {
    if (isThere) ask();
    return () => report.close();
  }, [id, isThere]);
  return { told: report.told.value, ask };
}
