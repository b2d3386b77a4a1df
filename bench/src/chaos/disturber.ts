/**
 * Disturbs a cluster during a run: carries out each disturbance of a plan once the run reaches its step, confirms by
 * process ids or connections that the blow took effect, and restores the process or the network.
 */
import type { CoordinatorClient } from '@lyceum/cli/client';
import type { ClusterProcess, LocalCluster } from '@lyceum/cli/local-cluster';
import { sleep } from '@lyceum/platform';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { Disturbance, Fault, StruckKind } from './disturbance-plan.js';
import type { LinkFault, Links } from './links.js';
import { confirmGone, confirmStopped } from './processes.js';

const LOOK_MS = 20;
/** Longest wait for a process of a kind, before the bench fails; and for a busy one, before an idle one is taken. */
const PATIENCE_MS = 60_000;
const TICKET_PATIENCE_MS = 3_000;
const RESTART_PAUSE_MS = 500;
const METRICS_MS = 1_000;

export interface Blow {
  readonly kind: StruckKind;
  readonly fault: Fault;
  readonly workerId: string;
  readonly pid: number;
  /** The last known step of the run at the time of the blow. */
  readonly step: number;
  /** Tickets that the teacher worker had in hand. */
  readonly ticketsInHand: number;
}

export interface DisturberOptions {
  readonly cluster: LocalCluster;
  /** The links between the cluster's programs. */
  readonly links: Links;
  readonly client: CoordinatorClient;
  readonly runId: string;
  readonly plan: readonly Disturbance[];
  readonly log: (line: string) => void;
  /** Ends the disturbances early; processes and links are restored all the same. */
  readonly signal: AbortSignal;
}

export class Disturber {
  readonly blows: Blow[] = [];
  readonly #options: DisturberOptions;
  /** Processes that were stopped and do not go on yet. */
  readonly #stopped = new Set<number>();
  readonly #recoveries: Promise<void>[] = [];

  constructor(options: DisturberOptions) {
    this.#options = options;
  }

  /** Resolves once all blows have fallen and everything is restored. */
  async run(): Promise<void> {
    const { plan, signal } = this.#options;
    try {
      for (const disturbance of plan) {
        await this.#reached(disturbance.step);
        if (signal.aborted) break;
        await this.#strike(disturbance);
      }
    } finally {
      await Promise.all(this.#recoveries);
    }
  }

  async #reached(step: number): Promise<void> {
    while (!this.#options.signal.aborted && (await this.#step()) < step) await sleep(LOOK_MS);
  }

  /** The run's step as the coordinator knows it; 0 if the coordinator does not answer. */
  async #step(): Promise<number> {
    const { client, runId } = this.#options;
    try {
      return (await client.getRun(runId)).progress?.step ?? 0;
    } catch (thrown) {
      if (!toLyceumError(thrown).retryable) throw thrown;
      return 0;
    }
  }

  async #strike(disturbance: Disturbance): Promise<void> {
    const { kind, fault, awayMs } = disturbance;
    const { cluster, links, log } = this.#options;
    const chosen =
      kind === 'server'
        ? { workerId: kind, pid: process.pid, ticketsInHand: 0 }
        : await this.#choose(kind, disturbance.choice);
    if (chosen === undefined) return;
    const { workerId, pid, ticketsInHand } = chosen;
    this.blows.push({ kind, fault, workerId, pid, step: disturbance.step, ticketsInHand });
    log(`step ${disturbance.step}: ${fault} to ${workerId} (pid ${pid}), ${awayMs} ms`);
    if (kind === 'server') this.#strikeServer(fault, awayMs);
    else if (fault === 'SIGSTOP') {
      await cluster.kill(workerId, 'SIGSTOP');
      await confirmStopped(pid);
      this.#stopped.add(pid);
      this.#recover(sleep(awayMs).then(() => this.#goOn(pid)));
    } else if (fault !== 'SIGKILL') {
      const { connections, release } = links.strike(workerId, fault);
      if (connections === 0) log(`${workerId} has no connection at the moment`);
      this.#recover(sleep(awayMs).then(release));
    } else if (kind === 'nats') {
      const back = cluster.restartNats('SIGKILL', awayMs);
      await confirmGone(pid);
      this.#recover(back);
    } else if (kind === 'coordinator') {
      const back = cluster.restartCoordinator('SIGKILL', awayMs);
      await confirmGone(pid);
      this.#recover(this.#again('coordinator', back, () => cluster.restartCoordinator()));
    } else {
      await cluster.kill(workerId, 'SIGKILL');
      await confirmGone(pid);
      const start = () =>
        kind === 'teacher' ? cluster.startTeacherWorker() : cluster.startStudentWorker();
      this.#recover(this.#again(kind, sleep(awayMs).then(start), start));
    }
  }

  /**
   * The server is in this process, so its network is hit: `SIGSTOP` cuts it off, `SIGKILL` also breaks connections.
   */
  #strikeServer(fault: Fault, awayMs: number): void {
    const { links } = this.#options;
    const befalls: readonly LinkFault[] =
      fault === 'SIGKILL' ? ['cut', 'reset'] : fault === 'SIGSTOP' ? ['cut'] : [fault];
    for (const one of befalls) {
      const { release } = links.strike('server', one);
      this.#recover(sleep(awayMs).then(release));
    }
  }

  /** Awaits a recovery, and keeps its error for {@link run}. */
  #recover(recovery: Promise<unknown>): void {
    const settled = recovery.then(() => undefined);
    settled.catch(() => undefined);
    this.#recoveries.push(settled);
  }

  #goOn(pid: number): void {
    this.#stopped.delete(pid);
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // The process was killed meanwhile.
    }
  }

  /**
   * Starts a process, again and again until it runs: its start needs peers that may be stopped or away. An
   * orchestrator would do the same.
   */
  async #again(
    what: string,
    first: Promise<unknown>,
    start: () => Promise<unknown>,
  ): Promise<void> {
    const { log } = this.#options;
    let attempt = first;
    for (let waited = 0; ; waited += RESTART_PAUSE_MS) {
      try {
        await attempt;
        return;
      } catch (thrown) {
        if (waited > PATIENCE_MS) throw thrown;
        log(`${what} could not start yet: ${toLyceumError(thrown).message.split('\n')[0]}`);
      }
      await sleep(RESTART_PAUSE_MS);
      attempt = start();
    }
  }

  /**
   * Chooses a process that runs and is not stopped: of teacher workers one with a ticket in hand, of student workers
   * the one that trains.
   */
  async #choose(
    kind: ClusterProcess['kind'],
    choice: number,
  ): Promise<(ClusterProcess & { readonly ticketsInHand: number }) | undefined> {
    const { cluster, signal } = this.#options;
    let waited = 0;
    for (; waited < PATIENCE_MS && !signal.aborted; waited += LOOK_MS) {
      const found = cluster.processes.filter((p) => p.kind === kind && !this.#stopped.has(p.pid));
      const running = await Promise.all(
        found.map(async (p) => ({ ...p, ticketsInHand: await ticketsInHand(p) })),
      );
      const trains = kind === 'student' ? await this.#trainingWorker() : undefined;
      const busy = running.filter((p) => p.ticketsInHand > 0 || p.workerId === trains);
      const wanted = busy.length > 0 || waited < TICKET_PATIENCE_MS ? busy : running;
      const candidates = kind === 'teacher' || kind === 'student' ? wanted : running;
      const chosen = candidates[Math.floor(choice * candidates.length)];
      if (chosen !== undefined) return chosen;
      await sleep(LOOK_MS);
    }
    if (signal.aborted) return undefined;
    throw new LyceumError('INTERNAL', `no ${kind} has come back within ${PATIENCE_MS / 1000} s`);
  }

  async #trainingWorker(): Promise<string | undefined> {
    const { client, runId } = this.#options;
    try {
      return (await client.getRun(runId)).studentWorkerId;
    } catch {
      return undefined;
    }
  }
}

const IN_HAND = /^lyceum_teacher_tickets_in_hand (\d+)/m;

async function ticketsInHand({ kind, http }: ClusterProcess): Promise<number> {
  if (kind !== 'teacher' || http === undefined) return 0;
  try {
    const signal = AbortSignal.timeout(METRICS_MS);
    const response = await fetch(`http://${http}/metrics`, { signal });
    return Number(IN_HAND.exec(await response.text())?.[1] ?? 0);
  } catch {
    return 0;
  }
}
