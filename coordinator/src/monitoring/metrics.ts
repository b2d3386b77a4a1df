/** What the coordinator measures, for Prometheus. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { RUN_STATES, type RunStateName } from '../schedule/index.js';

export interface MetricSources {
  readonly sessionCounts: () => { readonly teacher: number; readonly student: number };
  readonly openTicketCount: () => number;
  readonly desiredTeacherWorkers: () => number;
  /** How busy both were in the last seconds. */
  readonly dataShares: () => { readonly eventLoop: number; readonly dataThreads: number };
  readonly answerBytes: () => number;
  readonly quarantineCount: () => number;
  /** The state of every run, ended ones included. */
  readonly runStates: () => Iterable<RunStateName>;
  /** Those that train. */
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

/** What is counted where it happens. */
export function coordinatorMetrics(registry: Registry): CoordinatorMetrics {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  return {
    answers: counter('lyceum_answers_total', 'Answers stored, one a teacher and sample.'),
    refusedAnswers: counter('lyceum_answers_refused_total', 'Answer frames that were no answers.'),
    unwantedTickets: counter('lyceum_tickets_unwanted_total', 'Tickets answered in vain.'),
    reissuedTickets: counter('lyceum_tickets_reissued_total', 'Tickets issued again.'),
    targets: counter('lyceum_targets_total', 'Targets sent, one a step.'),
    probes: counter('lyceum_probes_total', 'Answers of teacher workers to probes.'),
    quarantines: counter(
      'lyceum_quarantined_total',
      'Times that a teacher worker was quarantined.',
    ),
  };
}

/** What is looked at whenever Prometheus asks. */
export function observeCoordinator(registry: Registry, sources: MetricSources): void {
  const registers = [registry];
  new Gauge({
    name: 'lyceum_worker_sessions',
    help: 'Worker sessions open now.',
    labelNames: ['kind'],
    registers,
    collect() {
      const { teacher, student } = sources.sessionCounts();
      this.set({ kind: 'teacher' }, teacher);
      this.set({ kind: 'student' }, student);
    },
  });
  new Gauge({
    name: 'lyceum_tickets_open',
    help: 'Tickets wanted and not answered yet.',
    registers,
    collect() {
      this.set(sources.openTicketCount());
    },
  });
  new Gauge({
    name: 'lyceum_desired_teacher_workers',
    help: 'Teacher workers with which no student would wait; 0: no teacher is wanted.',
    registers,
    collect() {
      this.set(sources.desiredTeacherWorkers());
    },
  });
  new Gauge({
    name: 'lyceum_data_plane_busy_ratio',
    help: 'Share of the last 10 s that the event loop and the data threads worked; from 0.9 on more answers only wait.',
    labelNames: ['part'],
    registers,
    collect() {
      const { eventLoop, dataThreads } = sources.dataShares();
      this.set({ part: 'event-loop' }, eventLoop);
      this.set({ part: 'data-threads' }, dataThreads);
    },
  });
  new Gauge({
    name: 'lyceum_answer_store_bytes',
    help: 'Bytes of stored answers on disk.',
    registers,
    collect() {
      this.set(sources.answerBytes());
    },
  });
  new Gauge({
    name: 'lyceum_quarantines',
    help: 'Teacher workers that are quarantined with a teacher, each pair once.',
    registers,
    collect() {
      this.set(sources.quarantineCount());
    },
  });
  new Gauge({
    name: 'lyceum_runs',
    help: 'Runs by state, ended ones included. A PAUSED run waits for a person.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of RUN_STATES) this.set({ state }, 0);
      for (const state of sources.runStates()) this.inc({ state });
    },
  });
  const ofRuns = (name: string, help: string, value: 'waitingShare' | 'openWantCount') =>
    new Gauge({
      name,
      help,
      labelNames: ['run_id'],
      registers,
      collect() {
        this.reset();
        for (const run of sources.runs()) this.set({ run_id: run.runId }, run[value]);
      },
    });
  ofRuns(
    'lyceum_run_waiting_share',
    'Share of the training time that the student waited for targets.',
    'waitingShare',
  );
  ofRuns('lyceum_run_open_wants', "Teachers' spans wanted and not answered yet.", 'openWantCount');
}
