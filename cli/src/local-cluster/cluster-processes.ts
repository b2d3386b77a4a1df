/** The running processes of a local cluster, for its users. */
import type { ChildProgram } from './programs/index.js';

export type ProcessKind = 'nats' | 'coordinator' | 'teacher' | 'student';

export interface ClusterProcess {
  readonly kind: ProcessKind;
  /** A worker's id; for other processes the kind. */
  readonly workerId: string;
  readonly pid: number;
  /** Address of a program's probes and metrics, `127.0.0.1:PORT`; absent for NATS. */
  readonly http?: string;
}

type OwnProgram = readonly [kind: ProcessKind, workerId: string, program: ChildProgram | undefined];

/** @param natsPid - undefined: NATS does not run. */
export function runningProcesses(
  natsPid: number | undefined,
  programs: readonly OwnProgram[],
): ClusterProcess[] {
  const processes: ClusterProcess[] = [];
  if (natsPid !== undefined) processes.push({ kind: 'nats', workerId: 'nats', pid: natsPid });
  for (const [kind, workerId, program] of programs) {
    if (!program?.running) continue;
    const { http } = program.ready;
    processes.push({ kind, workerId, pid: program.pid, ...(http !== undefined && { http }) });
  }
  return processes;
}
