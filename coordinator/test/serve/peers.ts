/** Workers that end with the test, runs, and expected targets, for tests of a real coordinator. */
import { isDeepStrictEqual } from 'node:util';
import { pool } from '@lyceum/learning/ensemble';
import { orderedRows } from '@lyceum/learning/orders';
import { call, type SessionCredentials } from '@lyceum/platform';
import { type AssignedRun, digestBytes, type Run } from '@lyceum/proto';
import { expect } from 'vitest';
import { StudentPeer } from './student-peer.js';
import { logitsOf, TeacherPeer, type TeacherPeerOptions } from './teacher-peer.js';
import { eventually, type TestCoordinator } from './test-coordinator.js';
import { BATCH_SIZE, CLASS_COUNT, STEP_COUNT, TRAIN_COUNT } from './tiny-artifacts.js';

export class Peers {
  readonly #cluster: TestCoordinator;
  readonly #peers: { kill(): void }[] = [];

  constructor(cluster: TestCoordinator) {
    this.#cluster = cluster;
  }

  teacher(options: TeacherPeerOptions): TeacherPeer {
    const peer = new TeacherPeer(this.#cluster, options);
    this.#peers.push(peer);
    return peer;
  }

  student(workerId: string, credentials?: SessionCredentials): StudentPeer {
    const peer = new StudentPeer(this.#cluster, workerId, credentials);
    this.#peers.push(peer);
    return peer;
  }

  kill(): void {
    for (const peer of this.#peers.splice(0)) peer.kill();
  }

  /** Kills all peers, and waits until no run and no worker is left. */
  async end(): Promise<void> {
    this.kill();
    await this.#cluster.quiet();
  }
}

export interface SubmittedRun {
  readonly name: string;
  /** Default: the name. */
  readonly runId?: string;
  readonly kind?: 'Distillation' | 'Training';
  /** Fields beside the default: a small student that is trained for two epochs. */
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly teachers?: readonly ({ readonly name: string } & Record<string, unknown>)[];
  };
}

/** A run's document. All teachers are accepted, because the peers' answers have nothing to do with labels. */
export function runDocument({ name, kind = 'Distillation', spec }: SubmittedRun): string {
  const accept = spec.teachers?.map((teacher) => teacher.name);
  return JSON.stringify({
    apiVersion: 'lyceum.dev/v1alpha1',
    kind,
    metadata: { name },
    spec: {
      student: { model: { architecture: 'mlp', hiddenUnits: [4] } },
      training: { batchSize: BATCH_SIZE, epochs: 2, seed: 5 },
      ...(accept !== undefined && { teacherHealth: { accept } }),
      ...spec,
    },
  });
}

export async function submitRun(cluster: TestCoordinator, submitted: SubmittedRun): Promise<Run> {
  const { run } = cluster.clients;
  const { name, runId = name } = submitted;
  const request = { specification: runDocument(submitted), runId, dryRun: false };
  const response = await call(run, run.submitRun, request);
  if (response.run === undefined) throw new Error('no run in the response');
  return response.run;
}

/** Waits until `holds` is true. @returns the run. */
export function untilRun(
  cluster: TestCoordinator,
  runId: string,
  holds: (run: Run) => boolean,
): Promise<Run> {
  let last: Run | undefined;
  return eventually(
    async () => {
      last = await cluster.run(runId);
      return holds(last) ? last : undefined;
    },
    () => ({ runId, state: last?.state, reason: last?.reason }),
  );
}

/** Waits until the student worker has the run, under a later assignment than `afterEpoch`. */
export function assigned(peer: StudentPeer, runId: string, afterEpoch = 0): Promise<AssignedRun> {
  return eventually(
    () => {
      const { run } = peer;
      return run?.runId === runId && run.assignmentEpoch > afterEpoch ? run : undefined;
    },
    () => ({ told: peer.run?.runId, want: runId }),
  );
}

/**
 * Expects every target of a run with one teacher, from a step to the end of the run, to the bit. A failure shows the
 * first wrong row.
 */
export function expectTargets({ rows }: StudentPeer, run: Run, fromStep = 0): void {
  const identity = digestBytes(run.teacherIdentities[0] ?? '');
  const expected = Array.from({ length: (STEP_COUNT - fromStep) * BATCH_SIZE }, (_, i) => {
    const at = fromStep * BATCH_SIZE + i;
    const epoch = Math.floor(at / TRAIN_COUNT);
    const position = at - epoch * TRAIN_COUNT;
    const [sample = 0] = orderedRows(TRAIN_COUNT, { seed: 5, epoch }, position, 1);
    const values = new Float32Array(CLASS_COUNT);
    const logits = Float32Array.from(logitsOf(identity, sample));
    pool(
      {
        rule: 'arithmetic',
        temperature: 4,
        teacherLogits: [logits],
        teacherWeights: [1],
        rowCount: 1,
        classCount: CLASS_COUNT,
      },
      values,
    );
    return { epoch, position, values: [...values] };
  });
  expect(rows).toHaveLength(expected.length);
  const wrong = expected.findIndex((row, i) => !isDeepStrictEqual(row, rows[i]));
  expect(rows[wrong]).toEqual(expected[wrong]);
}
