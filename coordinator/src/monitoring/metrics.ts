/** The coordinator's metrics for Prometheus. */
import { metricsOf } from '@lyceum/platform/metrics';
import type { Counter, Registry } from 'prom-client';
import { RUN_STATES, type RunStateName } from '../schedule/index.js';

export interface MetricSources {
  readonly isNatsConnected: () => boolean;
  readonly sessionCounts: () => { readonly teacher: number; readonly student: number };
  readonly openTicketCount: () => number;
  readonly desiredTeacherWorkers: () => number;
  /** Busy shares of the last seconds, 0 to 1. */
  readonly dataShares: () => { readonly eventLoop: number; readonly dataThreads: number };
  readonly answerBytes: () => number;
  readonly quarantineCount: () => number;
  /** The state of every run, ended ones included. */
  readonly runStates: () => Iterable<RunStateName>;
  /** Runs that train. */
  readonly runs: () => Iterable<{
    readonly runId: string;
    readonly waitingShare: number;
    readonly openWantCount: number;
  }>;
}

export interface CoordinatorMetrics {
  readonly answers: Counter;
  readonly refusedAnswers: Counter;
  readonly unwantedTickets: Counter;
  readonly reissuedTickets: Counter;
  readonly targets: Counter;
  readonly probes: Counter;
  readonly quarantines: Counter;
}

/** Counters, which the code that does the work raises. */
export function coordinatorMetrics(registry: Registry): CoordinatorMetrics {
  const { counter } = metricsOf(registry);
  return {
    answers: counter('lyceum_answers_total', 'Answers stored, one a teacher and sample.'),
    refusedAnswers: counter('lyceum_answers_refused_total', 'Answer frames that were refused.'),
    unwantedTickets: counter(
      'lyceum_tickets_unwanted_total',
      'Tickets answered after no run wanted them.',
    ),
    reissuedTickets: counter('lyceum_tickets_reissued_total', 'Tickets issued again.'),
    targets: counter('lyceum_targets_total', 'Targets sent, one a step.'),
    probes: counter('lyceum_probes_total', 'Answers of teacher workers to probes.'),
    quarantines: counter(
      'lyceum_quarantined_total',
      'Times that a teacher worker was quarantined.',
    ),
  };
}

/** Gauges, which are read from `sources` whenever Prometheus asks. */
export function observeCoordinator(registry: Registry, sources: MetricSources): void {
  const { observe } = metricsOf(registry);
  observe('lyceum_nats_connected', '1: connected to NATS; 0: runs wait for it.', (gauge) =>
    gauge.set(sources.isNatsConnected() ? 1 : 0),
  );
  observe(
    'lyceum_worker_sessions',
    'Worker sessions open now.',
    (gauge) => {
      for (const [kind, count] of Object.entries(sources.sessionCounts()))
        gauge.set({ kind }, count);
    },
    ['kind'],
  );
  observe('lyceum_tickets_open', 'Tickets wanted and not answered yet.', (gauge) =>
    gauge.set(sources.openTicketCount()),
  );
  observe(
    'lyceum_desired_teacher_workers',
    'Teacher workers needed so that no student waits; 0: no teacher is wanted.',
    (gauge) => gauge.set(sources.desiredTeacherWorkers()),
  );
  observe(
    'lyceum_data_plane_busy_ratio',
    'Share of the last 10 s that the event loop and the data threads worked; from 0.9 on more answers only wait.',
    (gauge) => {
      const { eventLoop, dataThreads } = sources.dataShares();
      gauge.set({ part: 'event-loop' }, eventLoop);
      gauge.set({ part: 'data-threads' }, dataThreads);
    },
    ['part'],
  );
  observe('lyceum_answer_store_bytes', 'Bytes of stored answers on disk.', (gauge) =>
    gauge.set(sources.answerBytes()),
  );
  observe(
    'lyceum_quarantines',
    'Teacher workers that are quarantined with a teacher, each pair once.',
    (gauge) => gauge.set(sources.quarantineCount()),
  );
  observe(
    'lyceum_runs',
    'Runs by state, ended ones included. A PAUSED run waits for a person.',
    (gauge) => {
      for (const state of RUN_STATES) gauge.set({ state }, 0);
      for (const state of sources.runStates()) gauge.inc({ state });
    },
    ['state'],
  );
  const ofRuns = (name: string, help: string, value: 'waitingShare' | 'openWantCount') =>
    observe(
      name,
      help,
      (gauge) => {
        gauge.reset();
        for (const run of sources.runs()) gauge.set({ run_id: run.runId }, run[value]);
      },
      ['run_id'],
    );
  ofRuns(
    'lyceum_run_waiting_ratio',
    'Share of the training time that the student waited for targets.',
    'waitingShare',
  );
  ofRuns('lyceum_run_open_wants', "Teachers' spans wanted and not answered yet.", 'openWantCount');
}
