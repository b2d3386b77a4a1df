/** Hooks for a run's history, which is asked for again while the run goes on, and for its report. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { HistoryFacts, Report } from '../../../api/index.js';
import { openResource, type Resource, type Told } from '../../data/resource.js';
import { queryText } from '../../routing/routes.js';

/** The shown steps [firstStep, endStep); where null is allowed, it means all steps. */
export interface Zoom {
  readonly firstStep: number;
  readonly endStep: number;
}

export interface RunHistory {
  readonly history: Resource<HistoryFacts>;
  readonly zoom: Signal<Zoom | null>;
  /** Index of the point under the common cursor of all charts. */
  readonly cursor: Signal<number | null>;
  readonly ask: () => void;
}

/** Time between two calls for a history that grows. */
const AGAIN_MS = 5_000;

/** @param goesOn - whether there will be more steps. */
export function useHistory(id: string, goesOn: boolean): RunHistory {
  const history = useMemo(() => openResource<HistoryFacts>(), []);
  const zoom = useSignal<Zoom | null>(null);
  const cursor = useSignal<number | null>(null);
  const range = zoom.value;
  const ask = () => {
    const steps = [
      ['from', range === null ? '' : String(range.firstStep)],
      ['to', range === null ? '' : String(range.endStep)],
    ] as const;
    history.ask(`runs/${encodeURIComponent(id)}/history${queryText(steps)}`);
  };
  useEffect(() => {
    cursor.value = null;
    ask();
    if (!goesOn) return;
    const timer = setInterval(() => {
      if (!document.hidden && !history.isAsking()) ask();
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [id, range, goesOn]);
  useEffect(() => () => history.close(), [history]);
  return { history, zoom, cursor, ask };
}

export interface RunReport {
  readonly told: Told<Report>;
  readonly ask: () => void;
}

/** @param isThere - whether the run has succeeded, so that it has a report. */
export function useReport(id: string, isThere: boolean): RunReport {
  const report = useMemo(() => openResource<Report>(), []);
  const ask = () => report.ask(`runs/${encodeURIComponent(id)}/report`);
  useEffect(() => {
    if (isThere) ask();
    return () => report.close();
  }, [id, isThere]);
  return { told: report.told.value, ask };
}
