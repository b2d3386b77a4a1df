/** Carries out the decisions about runs: the one place where a pass changes records. */
import type { Logger } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import type { RunLifecycle } from '../lifecycle/index.js';
import type { RunRecord, RunStore } from '../runs/index.js';
import type { StudentSession, WorkerSessions } from '../sessions/index.js';
import { giveUpStart, type RunAction } from './decide-runs.js';
import { eachRun } from './each-run.js';

export interface CarryOutParts {
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly students: Pick<WorkerSessions<StudentSession>, 'get'>;
  readonly log: Logger;
}

/** Decides about one run after the other, each time on the records as the actions before left them. */
export async function decideEach(
  parts: CarryOutParts,
  decide: (record: RunRecord) => readonly RunAction[],
): Promise<void> {
  await eachRun(parts, async (record) => {
    for (const action of decide(record)) await carryOut(parts, action);
  });
}

/** Gives runs to their student workers. @throws {LyceumError} an error that concerns all runs. */
export async function carryOutStarts(
  parts: CarryOutParts,
  starts: readonly RunAction[],
): Promise<void> {
  for (const start of starts) {
    try {
      await carryOut(parts, start);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      const instead = giveUpStart(start.runId, err);
      if (instead === undefined) throw err;
      await carryOut(parts, instead);
    }
  }
}

async function carryOut({ lifecycle, students, log }: CarryOutParts, action: RunAction) {
  const { runId } = action;
  switch (action.kind) {
    case 'ensure-baseline':
      return lifecycle.ensureBaseline(action.parent);
    case 'release':
      return lifecycle.release(runId, action.assignmentEpoch, action.reason);
    case 'finish-cancel':
      return lifecycle.cancelled(runId);
    case 'assign': {
      const session = students.get(action.workerId);
      return session && lifecycle.assign(runId, session, session.environment());
    }
    case 'pause':
    case 'fail': {
      const { kind, reason, logged } = action;
      if (logged !== undefined) log.error({ err: logged.err, runId }, logged.message);
      return kind === 'pause' ? lifecycle.pause(runId, reason) : lifecycle.fail(runId, reason);
    }
    case 'keep-knowledge': {
      const { teacher, knowledge, classNames } = action;
      return lifecycle.teacherJudged(runId, teacher, knowledge, classNames);
    }
    case 'keep-probes':
      return lifecycle.probed(runId, action.digests);
  }
}
