/** Runs a worker's program from its flags to its exit. For teacher and student workers. */
import { printable, toLyceumError } from '@lyceum/proto';
import { lockFolder } from '../files/index.js';
import {
  collectGarbageRarely,
  createLogger,
  exitCodeOf,
  type Logger,
  LogTap,
  Shutdown,
} from '../process/index.js';
import type { WorkerFlags } from './worker-flags.js';

/** How long a stopping worker may finish what it has in hand. After that it hands the rest back, or gives it up. */
export const DRAIN_BUDGET_MS = 10_000;

/** The drain, then time for the session's end, servers' last requests and NATS's last flush. */
const STOP_BUDGET_MS = DRAIN_BUDGET_MS + 10_000;

/** What the program gives to its parts when they start. */
export interface ProgramSurroundings {
  readonly shutdown: Shutdown;
  readonly log: Logger;
  /** Passes on log lines about runs and teachers. */
  readonly tap: LogTap;
}

export interface StartedProgram {
  /** Where the program listens, for its ready line. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Never resolves; rejects when the program cannot go on. */
  readonly failed: Promise<never>;
}

interface WorkerRun<Options> {
  /** `teacher-worker`. */
  readonly program: string;
  readonly flags: Pick<WorkerFlags, 'logLevel'>;
  /** The worker's id in its cluster, and the folder that it alone uses; absent: it is in no cluster. */
  readonly member?: Pick<WorkerFlags, 'workerId' | 'stateDir'>;
  /** The options from flags and environment. Throws a {@link LyceumError} if they are wrong. */
  readonly options: (log: Logger) => Promise<Options>;
  /** Starts the parts, each of which registers how it stops. Throws a {@link LyceumError} if one does not start. */
  readonly start: (options: Options, surroundings: ProgramSurroundings) => Promise<StartedProgram>;
}

/**
 * Runs until a signal ends the process. A program that does not start says why in one line on stderr. If a started
 * program cannot go on, the reason is logged, and all parts are stopped as by a signal: work in hand is finished or
 * handed back.
 */
export async function runWorker<Options>(run: WorkerRun<Options>): Promise<void> {
  collectGarbageRarely();
  const { program, flags, member } = run;
  try {
    const tap = new LogTap('workerId');
    const root = createLogger({ name: program, level: flags.logLevel, tap });
    const log = member === undefined ? root : root.child({ workerId: member.workerId });
    const options = await run.options(log);
    const lock = member && (await lockFolder(member.stateDir, holderOf(program, member)));
    const shutdown = Shutdown.install(log, STOP_BUDGET_MS);
    if (lock !== undefined) shutdown.onStop('lock of the state folder', async () => lock.release());
    await untilItFails(run, options, { shutdown, log, tap });
  } catch (err) {
    process.stderr.write(`${program}: ${printable(toLyceumError(err).message)}\n`);
    process.exit(exitCodeOf(err));
  }
}

async function untilItFails<Options>(
  { program, member, start }: WorkerRun<Options>,
  options: Options,
  surroundings: ProgramSurroundings,
): Promise<void> {
  const { shutdown, log } = surroundings;
  let isStarted = false;
  try {
    const { addresses, failed } = await start(options, surroundings);
    isStarted = true;
    const ready = { program, workerId: member?.workerId, ...addresses, pid: process.pid };
    process.stdout.write(`${JSON.stringify(ready)}\n`);
    await failed;
  } catch (err) {
    // The program was told to end, perhaps while it waited for NATS.
    if (shutdown.signal.aborted) return;
    if (isStarted) log.fatal({ err }, 'worker failed');
    const code = await shutdown.stop('failure', exitCodeOf(err));
    if (!isStarted) throw err;
    process.exit(code);
  }
}

/** `teacher worker gpu-1`. */
function holderOf(program: string, { workerId }: Pick<WorkerFlags, 'workerId'>): string {
  return `${program.replace('-', ' ')} ${workerId}`;
}
