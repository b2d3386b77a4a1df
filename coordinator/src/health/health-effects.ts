/**
 * Carries out what the state machine of `replicas` decides: keeps quarantines, takes tickets back, and tells the runs
 * that ask the teacher, in their events, warnings and records.
 */
import type { Logger } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import type { RunLifecycle } from '../lifecycle/index.js';
import type { CoordinatorMetrics, RunEvents } from '../monitoring/index.js';
import type { RunRecord, RunStore } from '../runs/index.js';
import type { TicketDesk } from '../tickets/index.js';
import type { StoredRecords } from './answer-proofs.js';
import { isStrict, runsAsking } from './asking-runs.js';
import type { QuarantineStore } from './quarantine-store.js';
import type { CanarySpending, HealthEffect, Quarantine, Replica } from './replicas/index.js';

export interface HealthEffectsParts {
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly events: RunEvents;
  readonly desk: TicketDesk;
  readonly quarantines: QuarantineStore;
  /** What a replica answered since its last sound canary is suspect. Resolves once that is on disk. */
  readonly suspects: (
    replica: Replica,
    reason: string,
    items: readonly StoredRecords[],
  ) => Promise<void>;
  /** Something that was unproven is proven. */
  readonly proven: () => void;
  readonly metrics: CoordinatorMetrics;
  readonly changed: () => void;
  readonly log: Logger;
}

type Effect<Kind> = Extract<HealthEffect<StoredRecords>, { readonly kind: Kind }>;

export class HealthEffects {
  readonly #parts: HealthEffectsParts;
  /** Resolves once the suspicions so far are on disk, or could not be written. */
  #noted: Promise<void> = Promise.resolve();

  constructor(parts: HealthEffectsParts) {
    this.#parts = parts;
  }

  carryOut(effects: readonly HealthEffect<StoredRecords>[]): void {
    const { changed, proven, desk } = this.#parts;
    // Suspicions first: a successor that found only the quarantine on disk would believe the replica's answers.
    for (const effect of effects) if (effect.kind === 'suspect') this.#suspect(effect);
    for (const effect of effects) {
      if (effect.kind === 'quarantined') this.#quarantined(effect);
      else if (effect.kind === 'differs') this.#differs(effect);
      else if (effect.kind === 'unchecked') this.#unchecked(effect);
      else {
        if (effect.kind === 'discredited') desk.discredited(effect.workerId, effect.teacher);
        if (effect.kind === 'proven') proven();
        changed();
      }
    }
  }

  released(quarantine: Quarantine): void {
    const { store, events, quarantines, log } = this.#parts;
    const { workerId, teacher, reason } = quarantine;
    quarantines.delete(quarantine);
    log.info({ workerId, teacherIdentity: teacher, reason }, 'teacher worker released');
    for (const { record, name } of runsAsking(store, teacher)) {
      const message = `teacher worker ${workerId} may answer with ${name} again, once it is tested`;
      events.add(record.runId, 'worker-released', message, { workerId, teacher: name });
    }
  }

  /** Notes what a run has spent on canaries of the teacher. */
  canariesPaid({ teacher, runId, used }: CanarySpending): void {
    const { store, lifecycle, log } = this.#parts;
    const { name } = store.get(runId)?.teachers.find(({ identity }) => identity === teacher) ?? {};
    if (name === undefined) return;
    lifecycle.canariesPaid(runId, name, used).catch((thrown: unknown) => {
      // After a restart the run may pay for as many once more.
      log.warn({ err: toLyceumError(thrown), runId, used }, 'samples of canaries not noted');
    });
  }

  #suspect({ items, reason, ...replica }: Effect<'suspect'>): void {
    const { suspects, log } = this.#parts;
    this.#noted = suspects(replica, reason, items).catch((thrown: unknown) => {
      // The suspicion is written again before the first answer is dropped.
      log.warn({ err: toLyceumError(thrown) }, 'suspect answers not noted');
    });
  }

  #quarantined({ kind: _, unproven, ...quarantine }: Effect<'quarantined'>): void {
    const { store, events, quarantines, log, metrics } = this.#parts;
    const { workerId, teacher, reason } = quarantine;
    quarantines.put(quarantine, this.#noted);
    metrics.quarantines.inc();
    const facts = { workerId, teacherIdentity: teacher, reason, unproven };
    log.warn(facts, 'teacher worker quarantined');
    for (const { record, name } of runsAsking(store, teacher)) {
      const message = `${workerId} is quarantined with teacher ${name}: ${reason}`;
      const data = { workerId, teacher: name, reason, unproven };
      events.add(record.runId, 'worker-quarantined', message, data);
      this.#note(record, message, undefined);
    }
  }

  #differs({ workerId, teacher, reason, unproven }: Effect<'differs'>): void {
    const { store, events, log } = this.#parts;
    log.warn({ workerId, teacherIdentity: teacher, reason }, 'teacher worker gives other bits');
    for (const { record, name } of runsAsking(store, teacher)) {
      const message = `teacher ${name} on ${workerId}: ${reason}`;
      events.add(record.runId, 'replica-differs', message, { workerId, teacher: name });
      const mayHaveAnswered = !isStrict(record) || unproven > 0;
      this.#note(record, message, mayHaveAnswered ? message : undefined);
    }
  }

  #unchecked({ teacher, sampleCount }: Effect<'unchecked'>): void {
    for (const { record, name } of runsAsking(this.#parts.store, teacher)) {
      const answers = sampleCount === 1 ? '1 answer' : `${sampleCount} answers`;
      const were = sampleCount === 1 ? 'was' : 'were';
      const warning = `${answers} of teacher ${name} ${were} not checked by a canary: the samples that spec.teacherHealth.canarySamples allows are spent`;
      this.#note(record, warning, warning);
    }
  }

  #note({ runId }: RunRecord, warning: string, bitExactException: string | undefined): void {
    const { lifecycle, log } = this.#parts;
    lifecycle
      .noted(runId, { warning, bitExactException })
      .catch((err: unknown) => log.warn({ err, runId, warning }, 'warning not recorded'));
  }
}
