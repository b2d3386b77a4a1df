/**
 * The coordinator's knowledge of whose answers can be trusted. Its effects are carried out: quarantines are kept and
 * released, suspect answers are dropped, and runs that learned from these go back.
 */

import {
  type HealthEffect,
  NOBODY,
  type Replica,
  type ReplicaHealth,
} from '@lyceum/coordinator/replicas';
import { viewKey } from '@lyceum/coordinator/schedule';
import { Violation } from '../rules/index.js';
import {
  type RunRecord,
  type SimulatedProcess,
  type StoredAnswers,
  type Suspicion,
  type Swap,
  teacherId,
  teacherOf,
  travelMs,
  type World,
} from '../world/index.js';

/** Longest time between canaries of a replica that answers. */
const CANARY_INTERVAL_MS = 500;

/** Time until an operator releases a quarantined worker, whether or not its model was put right. */
const RELEASED_AFTER_MS = [0, 50, 1_000];

/** Time until an operator puts the right model back. */
const MENDED_AFTER_MS = [0, 50, 1_000];

/** Longest time until a suspicion is on disk. */
const NOTED_MS = 3;

/** The orders to one worker about one teacher. */
export interface ReplicaOrders {
  readonly teacher: number;
  /** How many times the worker must answer the teacher's probe in its session. */
  readonly rounds: number;
  /** Whether the worker may take tickets of the teacher. */
  readonly serves: boolean;
}

export interface HealthSide {
  /** The worker's answers with the teacher are not trusted. */
  discredited(workerId: string, teacher: string): void;
  /** Orders to workers may have changed. */
  changed(): void;
  /** The first step that is not done, neither in a checkpoint of the run nor by its student. */
  reachedStep(run: RunRecord): number;
  /** The run goes back to a checkpoint from before `step`. */
  goBack(run: RunRecord, step: number): void;
}

export class SimulatedHealth {
  readonly #world: World;
  readonly #process: SimulatedProcess;
  readonly #side: HealthSide;
  readonly #machine: ReplicaHealth<StoredAnswers>;
  #suspicions: Suspicion[];

  constructor(world: World, process: SimulatedProcess, side: HealthSide) {
    const { kept, machines, settings } = world;
    this.#world = world;
    this.#process = process;
    this.#side = side;
    const quarantines = [...kept.quarantines.values()];
    this.#machine = machines.replicaHealth(quarantines);
    this.#suspicions = [...kept.suspicions];
    for (let teacher = 0; teacher < settings.teacherCount; teacher++) {
      this.#machine.references.keep(probeOf(teacher), probeAnswer(0, false));
    }
    for (const item of kept.unproven) {
      const orphan = { workerId: NOBODY, teacher: teacherId(item.teacher) };
      this.#machine.canaries.unproven.add(orphan, item, item.samples.length);
    }
    for (const quarantine of quarantines) this.#releaseLater(quarantine);
  }

  /** Carries out what the former coordinator left to do. */
  begin(): void {
    for (const suspicion of this.#suspicions) this.#follow(suspicion, this.#drop(suspicion));
    this.#suspicions = [];
  }

  /** The coordinator dies. Suspicions that are not on disk yet are lost; their answers count as unproven. */
  leave(): void {
    const { kept } = this.#world;
    const lost = this.#suspicions.filter(({ isNoted }) => !isNoted).flatMap(({ items }) => items);
    kept.unproven = [...this.#machine.canaries.unproven.items(), ...lost];
    kept.suspicions = this.#suspicions.filter(({ isNoted }) => isNoted);
  }

  orders(workerId: string, teacher: number): ReplicaOrders {
    const replica = { workerId, teacher: teacherId(teacher) };
    const probe = probeOf(teacher);
    this.#machine.wants(replica, [probe], this.#world.settings.isShared[teacher]);
    const serves = this.#machine.serves(replica, false);
    return { teacher, rounds: this.#machine.rounds(replica, probe), serves };
  }

  /** A worker answers its probe. @param other - the model that answers in the teacher's place. */
  probed(workerId: string, teacher: number, round: number, other: Swap | undefined): void {
    const replica = { workerId, teacher: teacherId(teacher) };
    const answer = probeAnswer(round, other !== undefined);
    const effects = this.#machine.answered(replica, probeOf(teacher), answer, this.#nowMs);
    this.#apply(effects);
    const isFound = effects.some(({ kind }) => kind === 'quarantined');
    if (other !== undefined && isFound) this.#mendLater(teacher, other);
  }

  isTrusted(replica: Replica): boolean {
    return this.#machine.isTrusted(replica);
  }

  failureCount(replica: Replica): number {
    return this.#machine.canaries.failureCount(replica);
  }

  /** @param failureCount - the replica's failures when the answers arrived. */
  stored(replica: Replica, item: StoredAnswers, failureCount: number): void {
    if (item.samples.length === 0) return;
    const { canaries } = this.#machine;
    this.#apply(canaries.stored(replica, item, item.samples.length, failureCount));
  }

  ticketAnswered(replica: Replica, id: string, runs: readonly string[]): void {
    this.#apply(this.#machine.ticketAnswered(replica, { id, runs }, this.#nowMs));
  }

  ticketFailed(replica: Replica, id: string): void {
    this.#apply(this.#machine.ticketFailed(replica, id));
  }

  sessionEnded(workerId: string): void {
    this.#machine.sessionEnded(workerId);
  }

  tick(): void {
    this.#apply(this.#machine.canaries.tick(this.#nowMs, CANARY_INTERVAL_MS));
  }

  /** The number of the answers that were stored last. */
  get answerNumber(): number {
    return this.#machine.canaries.unproven.number;
  }

  /** Whether all answers of the run's teachers up to a number are proven; if not, asks for canaries. */
  prove({ settings }: RunRecord, upTo: number): boolean {
    const { canaries } = this.#machine;
    const teachers = [...new Set(settings.teachers)];
    const isProven = teachers.every(
      (teacher) =>
        canaries.unproven.countOfTeacher(teacherId(teacher), upTo) === 0 &&
        !this.#suspicions.some((suspicion) => suspicion.teacher === teacher),
    );
    if (isProven) return true;
    for (const teacher of teachers) this.#apply(canaries.prove(teacherId(teacher)));
    return false;
  }

  /** Confirms that all stored answers of another model are listed as unproven or suspect. */
  confirmProven(): void {
    const { answers, isOtherExcused } = this.#world;
    const ofOther = isOtherExcused ? [] : answers.ofOther();
    if (ofOther.length === 0) return;
    const suspects = this.#suspicions.flatMap(({ items }) => items);
    const listed = [...this.#machine.canaries.unproven.items(), ...suspects];
    for (const { teacher, viewEpoch, samples } of ofOther) {
      const own = listed.filter((i) => i.teacher === teacher && i.viewEpoch === viewEpoch);
      const believed = samples.find((sample) => !own.some((item) => item.samples.includes(sample)));
      if (believed === undefined) continue;
      const message = `another model's answer of teacher ${teacher} to sample ${believed} counts as proven`;
      throw new Violation('P4', message);
    }
  }

  get #nowMs(): number {
    return this.#world.clock.nowMs;
  }

  #apply(effects: readonly HealthEffect<StoredAnswers>[]): void {
    for (const effect of effects) if (effect.kind === 'suspect') this.#suspect(effect);
    for (const effect of effects) {
      if (effect.kind === 'quarantined') this.#quarantined(effect);
      else if (effect.kind === 'discredited') {
        this.#side.discredited(effect.workerId, effect.teacher);
      } else if (effect.kind === 'proven') this.confirmProven();
    }
    if (effects.length > 0) this.#side.changed();
  }

  #quarantined(effect: Extract<HealthEffect, { readonly kind: 'quarantined' }>): void {
    const { workerId, teacher, reason, sinceMs } = effect;
    this.#world.trace(
      () => `${workerId} is quarantined with teacher ${teacherOf(teacher)}: ${reason}`,
    );
    // Later than the suspicion, which is on disk by then.
    this.#process.after(NOTED_MS + travelMs(this.#world), () => {
      if (this.#machine.quarantine(effect) === undefined) return;
      const kept = { workerId, teacher, reason, sinceMs };
      this.#world.kept.quarantines.set(`${workerId} ${teacher}`, kept);
    });
    this.#releaseLater(effect);
  }

  #releaseLater({ workerId, teacher }: Replica): void {
    this.#process.after(this.#world.random.pick(RELEASED_AFTER_MS), () => {
      this.#world.trace(() => `${workerId} is released with teacher ${teacherOf(teacher)}`);
      this.#machine.release({ workerId, teacher });
      this.#world.kept.quarantines.delete(`${workerId} ${teacher}`);
      this.#side.changed();
    });
  }

  /** An operator puts the teacher's own model back. */
  #mendLater(teacher: number, swap: Swap): void {
    const { swaps, random, trace } = this.#world;
    this.#process.after(NOTED_MS + random.pick(MENDED_AFTER_MS), () => {
      // A newer swap has replaced this one, and is not detected yet.
      if (swaps.get(teacher) !== swap) return;
      swaps.delete(teacher);
      trace(() => `teacher ${teacher} is mended`);
    });
  }

  #suspect({ teacher, items }: Extract<HealthEffect<StoredAnswers>, { kind: 'suspect' }>): void {
    const { random, trace } = this.#world;
    const suspicion: Suspicion = { teacher: teacherOf(teacher), items, isNoted: false };
    this.#suspicions.push(suspicion);
    this.#process.after(random.whole(0, NOTED_MS), () => {
      suspicion.isNoted = true;
      this.#process.after(random.whole(0, 5), () => {
        trace(() => `suspect answers of teacher ${suspicion.teacher} are dropped`);
        const reached = this.#drop(suspicion);
        this.#process.after(random.whole(0, 5), () => {
          this.#follow(suspicion, reached);
          this.#suspicions.splice(this.#suspicions.indexOf(suspicion), 1);
        });
      });
    });
  }

  /** Drops suspect answers. @returns the step that each run has reached. */
  #drop({ items }: Suspicion): ReadonlyMap<RunRecord, number> {
    for (const item of items) this.#world.answers.drop(item);
    return new Map(this.#world.runs.map((run) => [run, this.#side.reachedStep(run)]));
  }

  #follow({ teacher, items }: Suspicion, reached: ReadonlyMap<RunRecord, number>): void {
    const affected = new Map<string, Set<number>>();
    for (const { viewEpoch, samples } of items) {
      const key = viewKey(viewOf(viewEpoch));
      affected.set(key, new Set([...(affected.get(key) ?? []), ...samples]));
    }
    for (const run of this.#world.runs) {
      const { grid, orderSeed, viewCycle, teachers } = run.settings;
      const isInProgress = ['training', 'evaluating', 'held'].includes(run.state);
      if (!isInProgress || !teachers.includes(teacher)) continue;
      const order = {
        plan: grid.plan,
        order: { seed: orderSeed },
        samples: Uint32Array.from({ length: grid.plan.sampleCount }, (_, sample) => sample),
        viewOf: (epoch: number) => viewOf(epoch % viewCycle),
      };
      const step = this.#world.machines.firstAffectedStep(order, affected);
      if (step === undefined) continue;
      if (step < Math.max(reached.get(run) ?? 0, run.pointerStep)) this.#side.goBack(run, step);
      // A commit that is under way becomes void.
      else if (run.state === 'held') run.assignmentEpoch++;
    }
  }
}

function viewOf(epoch: number) {
  return { text: 'identity', epoch };
}

function probeOf(teacher: number): string {
  return `probe of ${teacher}`;
}

function probeAnswer(round: number, isOfOther: boolean) {
  const values = Float32Array.of(isOfOther ? 2 : 1);
  return { round, isClass: false, values, digest: `${values}`, noise: 1e-4 };
}
