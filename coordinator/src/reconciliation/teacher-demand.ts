/** How many teacher workers are desired now: gathers the figures for `desired-teacher-workers.ts`, which decides. */
import type { DataLoad } from '../data-plane/index.js';
import type { RunMonitor } from '../monitoring/index.js';
import { desiredTeacherWorkers, RecentWants, type TeacherWants } from '../placement/index.js';
import type { RunRecord, RunStore } from '../runs/index.js';
import { secondsPerSample, type TeacherSession, type WorkerSessions } from '../sessions/index.js';
import type { TicketDesk } from '../tickets/index.js';
import type { ActiveRuns } from './active-runs.js';

export interface TeacherDemandParts {
  readonly store: RunStore;
  readonly active: ActiveRuns;
  readonly monitor: RunMonitor;
  readonly desk: TicketDesk;
  readonly teachers: WorkerSessions<TeacherSession>;
  readonly load: Pick<DataLoad, 'bottleneck'>;
  readonly now: () => number;
}

export class TeacherDemand {
  readonly #parts: TeacherDemandParts;
  readonly #wants = new RecentWants();

  constructor(parts: TeacherDemandParts) {
    this.#parts = parts;
  }

  /** Notes which teachers the runs want now. */
  tick(): void {
    const { active, desk, store, now } = this.#parts;
    this.#wants.forgetOld(now());
    for (const training of active.trainings()) {
      if (training.openWantCount() === 0) continue;
      for (const { identity } of store.get(training.runId)?.teachers ?? []) {
        if (desk.book.asksTeacher(identity))
          this.#wants.wanted(`${training.runId} ${identity}`, now());
      }
    }
  }

  desiredWorkers(): number {
    const { store, desk } = this.#parts;
    this.tick();
    const runs = store.list().map((record) => this.#wantsOf(record));
    // Some tickets belong to evaluations of teachers, which are no runs.
    if (desk.book.openCount > 0) runs.push(UNMEASURED);
    const { load, teachers } = this.#parts;
    const carried = load.bottleneck === undefined ? undefined : teachers.list().length;
    return desiredTeacherWorkers(runs, carried);
  }

  #wantsOf({ runId, state, teachers }: RunRecord): TeacherWants {
    const { monitor, teachers: sessions, now } = this.#parts;
    // The run may be waiting only for a teacher worker.
    if (state === 'QUEUED' || state === 'PREPARING')
      return teachers.length > 0 ? UNMEASURED : NOTHING;
    if (state !== 'TRAINING') return NOTHING;
    const wanted = teachers.filter(({ identity }) =>
      this.#wants.isRecent(`${runId} ${identity}`, now()),
    );
    return {
      studentRate: monitor.studentRate(runId),
      secondsPerSample: wanted.map(({ identity }) => secondsPerSample(sessions.list(), identity)),
    };
  }
}

const NOTHING: TeacherWants = { studentRate: undefined, secondsPerSample: [] };
const UNMEASURED: TeacherWants = { studentRate: undefined, secondsPerSample: [undefined] };
