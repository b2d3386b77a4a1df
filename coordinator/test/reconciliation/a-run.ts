/** Records of runs with two teachers. */
import type { PinnedTeacher } from '../../src/runs/record/pinned-teacher.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { queued } from '../runs/queued-run.js';

export const SET = 'd1'.repeat(32);

/** The identity holds the name and is no digest, so that failures are easy to read. */
export function pinned(name: string, weightBytes = 1_000): PinnedTeacher {
  return {
    name,
    identity: `id-of-${name}`,
    modelDigest: 'aa'.repeat(32),
    settingsJson: '{}',
    engine: 'tfjs',
    access: 'white',
    weight: 1,
    parameterCount: 1,
    weightBytes,
  };
}

export function aRun(changes: Partial<RunRecord> = {}): RunRecord {
  const teachers = [pinned('anna'), pinned('bert')];
  return { ...queued(), dataset: { digest: SET, classCount: 10 }, teachers, ...changes };
}

/** The session key's digest of the process that holds {@link aHeldRun}. */
export const KEY_DIGEST = '11'.repeat(32);

/** Held by student worker `s1`. */
export function aHeldRun(changes: Partial<RunRecord> = {}): RunRecord {
  const assignment = { workerId: 's1', assignmentEpoch: 7, sessionKeyDigest: KEY_DIGEST };
  return aRun({ state: 'TRAINING', assignment, ...changes });
}
