/**
 * Which teacher workers may answer with which teachers: what `replica-health.ts` decides, carried out. Makes the
 * probes, keeps quarantines, and tells the runs concerned.
 */
import type { TeacherKnowledge } from '@lyceum/learning/ensemble';
import { ENGINE_OF, isRemoteEngine } from '@lyceum/learning/formats';
import type { Logger } from '@lyceum/platform';
import {
  CANARY_CALLS,
  CLASS_OUTPUT,
  digestHex,
  LyceumError,
  type ProbeAnswered,
  sha256Hex,
  type Ticket,
  ticketId,
  toLyceumError,
} from '@lyceum/proto';
import type { ArtifactCatalog } from '../artifacts/index.js';
import { type RunLifecycle, readSet } from '../lifecycle/index.js';
import type { CoordinatorMetrics, RunEvents } from '../monitoring/index.js';
import type { PinnedTeacher, RunRecord, RunStore } from '../runs/index.js';
import { hasEnded } from '../schedule/index.js';
import type { TicketDesk } from '../tickets/index.js';
import type { StoredRecords } from './answer-proofs.js';
import type { CanarySpending } from './canary-budgets.js';
import type { KeptProbes } from './kept-probes.js';
import { knowledgeShown, type ProbeQuestion, probeOf, probeValues } from './probe-tickets.js';
import type { QuarantineStore } from './quarantine-store.js';
import type { Replica } from './replica.js';
import { type HealthEffect, type Quarantine, ReplicaHealth } from './replica-health.js';
import type { UnprovenAnswers } from './unproven-answers.js';

export interface TeacherHealthParts {
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly events: RunEvents;
  readonly catalog: ArtifactCatalog;
  readonly desk: TicketDesk;
  readonly quarantines: QuarantineStore;
  readonly keptProbes: KeptProbes;
  /** Whether answers of the teacher to the set are stored. */
  readonly hasAnswers: (teacher: string, datasetDigest: string) => boolean;
  /** What a replica answered since its last sound canary is suspect. */
  readonly suspects: (replica: Replica, reason: string, items: readonly StoredRecords[]) => void;
  /** Something that was unproven is proven. */
  readonly proven: () => void;
  readonly metrics: () => CoordinatorMetrics;
  /** How long a replica that answers may go without a canary. */
  readonly canaryIntervalMs: number;
  readonly changed: () => void;
  readonly log: Logger;
  readonly now: () => number;
}

/** A set that a teacher is asked about. */
export interface ProbedSet {
  readonly digest: string;
  readonly path?: string | undefined;
  /** Of the teacher. */
  readonly engine: PinnedTeacher['engine'];
  /** The widest that anybody who asks has. */
  readonly access: PinnedTeacher['access'];
  readonly knownClasses?: PinnedTeacher['knownClasses'];
}

/** `isKept`: its first answer is kept with the stored ones. */
type AskedProbe = ProbeQuestion & { readonly isKept: boolean };

/** What a teacher answered first to a probe. */
export interface ProbeReference {
  readonly probe: string;
  /** Of the answer. */
  readonly digest: string;
  readonly knowledge: () => TeacherKnowledge;
  /** Of the set. */
  readonly classNames: readonly string[];
}

/** What a worker is to be told of one teacher. */
export interface ReplicaOrders {
  readonly probes: Ticket[];
  /** Whether it may take tickets. */
  readonly serves: boolean;
  /** Why it is not asked about sets, by digest. Nobody asks for answers about those: who does has read the set. */
  readonly troubles: ReadonlyMap<string, LyceumError>;
}

export class TeacherHealth {
  readonly #parts: TeacherHealthParts;
  readonly #health: ReplicaHealth<StoredRecords>;
  /** By teacher and set; undefined: a set without samples. */
  readonly #questions = new Map<string, AskedProbe | undefined>();
  /** Probes whose reference is kept on disk, with its digest. */
  readonly #kept = new Map<string, string>();

  /** What servers outside say to probes that they do not answer, by probe. */
  readonly #refusals = new Map<string, string>();
  /** Why workers cannot read the sets of probes, by probe and worker. */
  readonly #unreadable = new Map<string, Map<string, string>>();

  private constructor(parts: TeacherHealthParts, kept: readonly Quarantine[]) {
    this.#parts = parts;
    this.#health = new ReplicaHealth(kept);
  }

  static async open(parts: TeacherHealthParts): Promise<TeacherHealth> {
    return new TeacherHealth(parts, await parts.quarantines.list());
  }

  /** What a worker is to be told of a teacher that it is to have. What is wrong with one set leaves the others alone. */
  async orders(replica: Replica, sets: readonly ProbedSet[]): Promise<ReplicaOrders> {
    const questions: ProbeQuestion[] = [];
    const troubles = new Map<string, LyceumError>();
    for (const set of sets) {
      try {
        const question = await this.#question(replica.teacher, set);
        if (question !== undefined) questions.push(question);
      } catch (thrown) {
        troubles.set(set.digest, toLyceumError(thrown));
      }
    }
    const ids = questions.map(({ id }) => id);
    const isPaid = sets.some(({ engine }) => engine === ENGINE_OF.endpoint);
    const calls = questions.reduce((sum, { shape: [rowCount] }) => sum + rowCount, 0);
    this.#health.budgets.price(replica.teacher, isPaid ? calls : undefined);
    this.#health.wants(
      replica,
      ids,
      sets.some(({ engine }) => isRemoteEngine(engine)),
    );
    return {
      probes: questions.map(({ id, ticket }) => ({
        ...ticket,
        attempt: this.#health.rounds(replica, id),
        anewAttempt: this.#health.anewRound(replica, id),
      })),
      serves: this.#health.serves(replica, this.#isHeld(replica)),
      troubles,
    };
  }

  /** Forgets what belongs to sets and teachers that nobody asks about. */
  retain(asked: ReadonlyMap<string, readonly ProbedSet[]>): void {
    const keys = new Set(
      [...asked].flatMap(([teacher, sets]) => sets.map(({ digest }) => `${teacher} ${digest}`)),
    );
    for (const key of this.#questions.keys()) if (!keys.has(key)) this.#questions.delete(key);
    const ids = [...this.#questions.values()].flatMap((question) => question?.id ?? []);
    this.#health.retainReferences(new Set(ids));
    for (const id of this.#refusals.keys()) if (!ids.includes(id)) this.#refusals.delete(id);
    for (const id of this.#unreadable.keys()) if (!ids.includes(id)) this.#unreadable.delete(id);
  }

  /**
   * A worker's answer to a probe.
   *
   * @param noiseOf - how far the worker's teacher may move, by identity.
   * @throws {LyceumError} INVALID_ARGUMENT if it names none.
   */
  probed(
    workerId: string,
    { ticket, tensors, failure, outside, unreadable }: ProbeAnswered,
    noiseOf: (teacher: string) => number,
  ): void {
    if (ticket === undefined) throw new LyceumError('INVALID_ARGUMENT', 'the answer has no ticket');
    const teacher = digestHex(ticket.teacherIdentity);
    const question = this.#questions.get(`${teacher} ${digestHex(ticket.datasetDigest)}`);
    if (question === undefined || question.id !== ticketId(ticket)) return;
    const replica = { workerId, teacher };
    const values = failure === '' ? probeValues(question, tensors) : failure;
    const { now, metrics } = this.#parts;
    metrics().probes.inc();
    if (outside === true && failure !== '') {
      const effects = this.#health.probeRefused(replica, question.id, ticket.attempt);
      if (effects.length > 0) this.#refusals.set(question.id, `${workerId}: ${failure}`);
      this.#apply(effects);
      return;
    }
    if (unreadable === true && failure !== '') {
      const byWorker = this.#unreadable.get(question.id) ?? new Map<string, string>();
      this.#unreadable.set(question.id, byWorker.set(workerId, failure));
      this.#apply(this.#health.probeRefused(replica, question.id, ticket.attempt));
      return;
    }
    this.#refusals.delete(question.id);
    this.#unreadable.get(question.id)?.delete(workerId);
    if (typeof values === 'string') {
      this.#apply(this.#health.probeFailed(replica, values, now()));
      return;
    }
    const digest = sha256Hex(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    const isClass = question.output === CLASS_OUTPUT;
    const answer = { round: ticket.attempt, isClass, values, digest, noise: noiseOf(teacher) };
    this.#apply(this.#health.answered(replica, question.id, answer, now()));
    if (question.isKept) this.#keep(question.id);
  }

  ticketFailed(workerId: string, ticket: Ticket): void {
    const teacher = digestHex(ticket.teacherIdentity);
    this.#apply(this.#health.ticketFailed({ workerId, teacher }, ticketId(ticket)));
  }

  /** Of those that no canary has proven. */
  get unproven(): UnprovenAnswers<StoredRecords> {
    return this.#health.unproven;
  }

  /** Answers of it are in the store. */
  stored(replica: Replica, records: StoredRecords, sampleCount: number): void {
    this.#apply(this.#health.stored(replica, records, sampleCount));
  }

  /** Which of the teachers has answers that no canary has proven; undefined: none. */
  unprovenOf(teachers: readonly PinnedTeacher[]): PinnedTeacher | undefined {
    return teachers.find(({ identity }) => this.unproven.countOfTeacher(identity) > 0);
  }

  /** Asks for canaries of them at once. */
  prove(teachers: readonly PinnedTeacher[]): void {
    for (const { identity } of teachers) this.#apply(this.#health.prove(identity));
  }

  /** The worker says that it cannot load the teachers, and that this stays so. */
  lost(workerId: string, teacher: string, reason: string): void {
    this.#apply(this.#health.lost({ workerId, teacher }, reason));
  }

  /** The worker is to have these teachers and no others. */
  placed(workerId: string, teachers: ReadonlySet<string>): void {
    this.#health.unloads(workerId, teachers);
  }

  ticketAnswered(replica: Replica, ticket: { id: string; runs: readonly string[] }): void {
    for (const runId of ticket.runs) {
      const record = this.#parts.store.get(runId);
      const { identity, name } = record?.teachers.find((t) => t.identity === replica.teacher) ?? {};
      if (record === undefined || identity === undefined || name === undefined) continue;
      const used = record.canaryCalls?.[name];
      this.#health.budgets.pay(identity, runId, canaryCallsAllowed(record), used);
    }
    this.#apply(this.#health.ticketAnswered(replica, ticket, this.#parts.now()));
  }

  /** Calls that the run has paid for canaries of the teacher. */
  canaryCalls({ runId, canaryCalls }: RunRecord, { identity, name }: PinnedTeacher): number {
    return this.#health.budgets.usedBy(identity, runId) ?? canaryCalls?.[name] ?? 0;
  }

  /** A ticket that a worker took before it heard of its quarantine is taken back. */
  ticketTaken(workerId: string, ticket: Ticket): void {
    const teacher = digestHex(ticket.teacherIdentity);
    if (this.#health.quarantine({ workerId, teacher }) === undefined) return;
    this.#parts.desk.discredited(workerId, teacher);
  }

  loaded(workerId: string, teachers: readonly string[]): void {
    for (const teacher of teachers) this.#health.loaded({ workerId, teacher });
  }

  sessionEnded(workerId: string): void {
    for (const byWorker of this.#unreadable.values()) byWorker.delete(workerId);
    this.#health.sessionEnded(workerId);
  }

  tick(): void {
    const { now, canaryIntervalMs } = this.#parts;
    this.#apply(this.#health.tick(now(), canaryIntervalMs));
  }

  /** The teacher's first answer to its probe about a set; undefined: it has not answered yet. */
  reference(teacher: string, datasetDigest: string): ProbeReference | undefined {
    const question = this.#questions.get(`${teacher} ${datasetDigest}`);
    const answer = question && this.#health.reference(question.id);
    if (question === undefined || answer === undefined) return undefined;
    const { digest, values } = answer;
    const { classNames } = question;
    return {
      probe: question.id,
      digest,
      knowledge: () => knowledgeShown(question, values),
      classNames,
    };
  }

  /** Why the server that the teacher is behind does not answer about the set; undefined: it does, or was not asked yet. */
  refusal(teacher: string, datasetDigest: string): string | undefined {
    const question = this.#questions.get(`${teacher} ${datasetDigest}`);
    return question && this.#refusals.get(question.id);
  }

  /** Why the worker cannot read the set, about which the teacher is asked; undefined: it can, or was not asked yet. */
  unreadable({ workerId, teacher }: Replica, datasetDigest: string): string | undefined {
    const question = this.#questions.get(`${teacher} ${datasetDigest}`);
    return question && this.#unreadable.get(question.id)?.get(workerId);
  }

  /** A run is to ask these teachers: what their servers refused, and sets that workers lacked, may have been mended. */
  askAgain({ teachers, dataset }: Pick<RunRecord, 'teachers' | 'dataset'>): void {
    for (const { identity } of teachers) {
      const question = this.#questions.get(`${identity} ${dataset.digest}`);
      if (question === undefined) continue;
      const wasRefused = this.#refusals.delete(question.id);
      const wasUnreadable = this.#unreadable.delete(question.id);
      if (wasRefused || wasUnreadable) this.#health.askAgain(question.id);
    }
  }

  quarantine(replica: Replica): Quarantine | undefined {
    return this.#health.quarantine(replica);
  }

  quarantines(): Quarantine[] {
    return this.#health.quarantines();
  }

  isQuarantined(replica: Replica): boolean {
    return this.#health.quarantine(replica) !== undefined;
  }

  /** Teachers that workers are quarantined with, by worker. */
  quarantined(): Map<string, Set<string>> {
    const byWorker = new Map<string, Set<string>>();
    for (const { workerId, teacher } of this.#health.quarantines()) {
      byWorker.set(workerId, (byWorker.get(workerId) ?? new Set()).add(teacher));
    }
    return byWorker;
  }

  /** Why a replica may not serve for good; undefined: it may, or is being tested. */
  barred(replica: Replica): string | undefined {
    const reason = this.#health.quarantine(replica)?.reason;
    if (reason !== undefined) return `${replica.workerId} is quarantined: ${reason}`;
    return this.#isHeld(replica)
      ? `${replica.workerId} gives other bits, and determinism is strict`
      : undefined;
  }

  /** @param teacher - an identity; absent: all. @returns what was released. */
  release(workerId: string, teacher?: string): Quarantine[] {
    const { quarantines, events, log } = this.#parts;
    const released = this.#health
      .quarantines()
      .filter((q) => q.workerId === workerId && (teacher === undefined || q.teacher === teacher));
    for (const quarantine of released) {
      this.#health.release(quarantine);
      quarantines.delete(quarantine);
      log.info({ ...quarantine }, 'teacher worker released');
      for (const { record, name } of this.#runsWith(quarantine.teacher)) {
        const message = `teacher worker ${workerId} may answer with ${name} again, once it is tested`;
        events.add(record.runId, 'worker-released', message, { workerId, teacher: name });
      }
    }
    this.#parts.changed();
    return released;
  }

  async #question(teacher: string, set: ProbedSet): Promise<AskedProbe | undefined> {
    const key = `${teacher} ${set.digest}`;
    const known = this.#questions.get(key);
    if (known?.access === set.access) return known;
    const asked = probeOf(teacher, set, await readSet(this.#parts.catalog, set));
    const question = asked && { ...asked, isKept: isRemoteEngine(set.engine) };
    if (question?.isKept) await this.#recall(teacher, set, question.id);
    this.#questions.set(key, question);
    if (question === undefined) return undefined;
    for (const { record } of this.#runsWith(teacher)) {
      const digest = record.probeDigests?.[question.id];
      if (digest !== undefined) this.#health.expect(question.id, digest);
    }
    return question;
  }

  /** What vouches for the stored answers counts; where there are none any more it is forgotten. */
  async #recall(teacher: string, { digest }: ProbedSet, probe: string): Promise<void> {
    const { keptProbes, hasAnswers } = this.#parts;
    if (this.#health.reference(probe) !== undefined) return;
    this.#kept.delete(probe);
    const kept = await keptProbes.read(probe);
    if (kept === undefined) return;
    if (!hasAnswers(teacher, digest)) return keptProbes.forget(probe);
    this.#kept.set(probe, kept.digest);
    this.#health.keep(probe, { ...kept, round: 0 });
  }

  #keep(probe: string): void {
    const { keptProbes, log } = this.#parts;
    const reference = this.#health.reference(probe);
    if (reference === undefined || this.#kept.get(probe) === reference.digest) return;
    this.#kept.set(probe, reference.digest);
    keptProbes.write(probe, reference).catch((err: unknown) => {
      log.warn({ err, probe }, 'first answer to a probe not kept');
    });
  }

  /** It is sound, but with other bits, and some run wants the same. */
  #isHeld(replica: Replica): boolean {
    // The runs are looked at last: this is asked of every replica, for every run.
    return (
      this.#health.differs(replica) &&
      this.#runsWith(replica.teacher).some(({ record }) => isStrict(record))
    );
  }

  /** Runs that have not ended and ask the teacher, with what they call it. */
  #runsWith(teacher: string): { record: RunRecord; name: string }[] {
    return this.#parts.store.list().flatMap((record) => {
      const name = record.teachers.find(({ identity }) => identity === teacher)?.name;
      return hasEnded(record.state) || name === undefined ? [] : [{ record, name }];
    });
  }

  #apply(effects: readonly HealthEffect<StoredRecords>[]): void {
    for (const effect of effects) {
      if (effect.kind === 'changed') this.#parts.changed();
      else if (effect.kind === 'quarantined') this.#quarantined(effect);
      else if (effect.kind === 'differs') this.#differs(effect);
      else if (effect.kind === 'suspect') {
        this.#parts.suspects(effect, effect.reason, effect.items);
        this.#parts.changed();
      } else if (effect.kind === 'unchecked') {
        this.#unchecked(effect.teacher, effect.sampleCount);
      } else {
        this.#parts.proven();
        this.#parts.changed();
      }
    }
    for (const spending of this.#health.budgets.takeSpent()) this.#keepSpending(spending);
  }

  #keepSpending({ teacher, runId, used }: CanarySpending): void {
    const { store, lifecycle, log } = this.#parts;
    const { name } = store.get(runId)?.teachers.find(({ identity }) => identity === teacher) ?? {};
    if (name === undefined) return;
    lifecycle.canariesPaid(runId, name, used).catch((thrown: unknown) => {
      // After a restart the run may pay for as many once more.
      log.warn({ err: toLyceumError(thrown), runId, used }, 'calls of canaries not noted');
    });
  }

  #quarantined(effect: Extract<HealthEffect, { kind: 'quarantined' }>): void {
    const { quarantines, desk, log, metrics } = this.#parts;
    const { kind: _, unproven, ...quarantine } = effect;
    const { workerId, teacher, reason } = quarantine;
    quarantines.put(quarantine);
    metrics().quarantines.inc();
    log.warn({ ...quarantine, unproven }, 'teacher worker quarantined');
    for (const { record, name } of this.#runsWith(teacher)) {
      const message = `${workerId} is quarantined with teacher ${name}: ${reason}`;
      const data = { workerId, teacher: name, reason, unproven };
      this.#parts.events.add(record.runId, 'worker-quarantined', message, data);
      this.#note(record, message, undefined);
    }
    desk.discredited(workerId, teacher);
  }

  #unchecked(teacher: string, sampleCount: number): void {
    for (const { record, name } of this.#runsWith(teacher)) {
      const warning = `${sampleCount} answers of teacher ${name} were not checked by a canary: the calls that spec.teacherHealth.canaryCalls allows are spent`;
      this.#note(record, warning, warning);
    }
  }

  #differs(effect: Extract<HealthEffect, { kind: 'differs' }>): void {
    const { log, events } = this.#parts;
    const { workerId, teacher, reason, unproven } = effect;
    log.warn({ workerId, teacher, reason }, 'teacher worker gives other bits');
    for (const { record, name } of this.#runsWith(teacher)) {
      const message = `teacher ${name} on ${workerId}: ${reason}`;
      events.add(record.runId, 'replica-differs', message, { workerId, teacher: name });
      const mayHaveAnswered = !isStrict(record) || unproven > 0;
      this.#note(record, message, mayHaveAnswered ? message : undefined);
    }
  }

  #note({ runId }: RunRecord, warning: string, bitExactException: string | undefined): void {
    const { lifecycle, log } = this.#parts;
    lifecycle
      .noted(runId, { warning, bitExactException })
      .catch((err: unknown) => log.warn({ err, runId, warning }, 'warning not recorded'));
  }
}

/** Calls that the run pays for canaries of each teacher whose calls cost. */
export function canaryCallsAllowed({ specification }: Pick<RunRecord, 'specification'>): number {
  if (specification.kind !== 'Distillation') return 0;
  return specification.spec.teacherHealth.canaryCalls ?? CANARY_CALLS;
}

function isStrict({ specification }: Pick<RunRecord, 'specification'>): boolean {
  return specification.kind === 'Distillation' && specification.spec.determinism === 'strict';
}
