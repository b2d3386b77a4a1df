/** Judges the coordinator, its workers, all versions, and the clocks. Pure. */
import type { Worker } from '@lyceum/proto';
import { type Finding, fault, ok, warning } from './finding.js';

/** Messages between machines take time: smaller differences are normal. */
const CLOCK_TOLERANCE_MS = 30_000;

export interface ClusterFacts {
  readonly address: string;
  /** Whether the coordinator should be on this machine, where `coordinator up` starts one. */
  readonly isLocal: boolean;
  readonly coordinator:
    | {
        readonly answers: true;
        readonly version: string;
        readonly workers: readonly Worker[];
        /** The latest time in the coordinator's answers, Unix milliseconds; 0: none. */
        readonly latestMs: number;
      }
    | {
        readonly answers: false;
        /** Whether something listens at the address. */
        readonly isTaken: boolean;
        readonly why: string;
      };
}

export function judgeCluster(
  { address, isLocal, coordinator }: ClusterFacts,
  ownVersion: string,
  nowMs: number,
): Finding[] {
  if (coordinator.answers) {
    const { version, workers, latestMs } = coordinator;
    return [
      ok('coordinator', `answers at ${address}`),
      judgeVersions(version, workers, ownVersion),
      ...judgeWorkers(workers),
      ...judgeClock(latestMs, nowMs),
    ];
  }
  const { isTaken, why } = coordinator;
  if (isTaken) {
    const remedy =
      '--tls-dir for a coordinator that wants TLS; another --coordinator if that is another program';
    return [fault('coordinator', why, remedy)];
  }
  return isLocal
    ? [warning('coordinator', why, 'coordinator up starts one; --coordinator names another')]
    : [fault('coordinator', why, 'see that it runs, and that this machine reaches its port')];
}

function judgeVersions(version: string, workers: readonly Worker[], ownVersion: string): Finding {
  const others = workers
    .filter((worker) => worker.version !== version)
    .map(({ workerId, version }) => `${workerId} ${version}`);
  if (version !== ownVersion) others.unshift(`this program ${ownVersion}`);
  if (others.length === 0) return ok('versions', `${version} everywhere`);
  return warning(
    'versions',
    `the coordinator is ${version}, but ${others.join(', ')}`,
    'install the same version everywhere: a program ignores or refuses what its version does not know',
  );
}

function judgeWorkers(workers: readonly Worker[]): Finding[] {
  const count = (kind: string) => workers.filter((worker) => worker.kind === kind).length;
  const [teachers, students] = [count('teacher'), count('student')];
  const text = `${teachers} of teachers, ${students} of students`;
  const missing = [teachers === 0 ? 'teacher' : '', students === 0 ? 'student' : ''].filter(
    Boolean,
  );
  const summary =
    missing.length === 0
      ? ok('workers', text)
      : warning('workers', text, `runs wait until a ${missing.join(' and a ')} worker is started`);
  const troubled = workers.filter(({ problems }) => problems.length > 0);
  return [
    summary,
    ...troubled.map(({ workerId, problems }) =>
      warning('workers', `${workerId}: ${problems.join('; ')}`, 'its log says more'),
    ),
  ];
}

/** A coordinator does not tell its own time, only times of past events: none of them may be in the future. */
function judgeClock(latestMs: number, nowMs: number): Finding[] {
  if (latestMs === 0) return [];
  const aheadMs = latestMs - nowMs;
  if (aheadMs <= CLOCK_TOLERANCE_MS) return [ok('clock', 'not behind the coordinator')];
  const seconds = Math.round(aheadMs / 1000);
  return [
    warning(
      'clock',
      `this machine is ${seconds} s or more behind the coordinator: ages and certificates are judged wrongly`,
      'let all machines keep time with NTP (timedatectl set-ntp true)',
    ),
  ];
}
