/**
 * Brings the teachers on this worker, step by step, to the wanted ones: fetches, loads, unloads, one at a time, and
 * looks again whenever something changed meanwhile. Decisions are in session/decision.ts.
 */
import { isAskedAtLoad, isRemoteEngine } from '@lyceum/learning/formats';
import { type Logger, retryDelayMs } from '@lyceum/platform';
import type { BlobCache } from '@lyceum/platform/nats';
import { LyceumError, toLyceumError, UnreadableSetError } from '@lyceum/proto';
import type { TeacherDescription } from '../compute/engine/index.js';
import type { DatasetFile, HeldFile, SetPictures, TeacherCompute } from '../compute/index.js';
import {
  type FailedTeacher,
  type HeldTeacher,
  nextStep,
  type Step,
  untilNextRetryMs,
  type WantedDataset,
  type WantedTeacher,
} from '../session/index.js';
import { takenOfGpu } from './gpu-memory-taken.js';
import { isPermanent, type LoadStage } from './load-failure.js';
import { TeacherSets } from './teacher-sets.js';

/** A load that takes longer is logged: others wait for it, and a server that hangs has 30 s. */
const TOLD_AFTER_MS = 5_000;

type Entry =
  | {
      readonly status: 'loaded';
      readonly description: TeacherDescription;
      readonly datasets: ReadonlySet<string>;
    }
  | (FailedTeacher & {
      readonly status: 'failed';
      readonly failures: number;
      readonly retryAtMs: number;
    });

export interface LoadedTeachersOptions {
  readonly compute: TeacherCompute;
  readonly cache: BlobCache;
  readonly pictures: SetPictures;
  /** Bytes that the weights of all loaded teachers may take together. */
  readonly budgetBytes: number;
  /** GPU memory in use, bytes; undefined: not known. */
  readonly gpuUsedBytes: () => Promise<number | undefined>;
  /** Number of a teacher's tickets in hand. */
  readonly ticketsInHand: (identity: string) => number;
  /** Called when a teacher was loaded, unloaded, or failed to load. */
  readonly changed: () => void;
  /** Milliseconds that only rise. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}

export class LoadedTeachers {
  readonly #options: LoadedTeachersOptions;
  readonly #sets: TeacherSets;
  readonly #entries = new Map<string, Entry>();
  #wanted: readonly WantedTeacher[] = [];
  #working = false;
  /** Something has changed since the last look. */
  #due = false;
  #stopped = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: LoadedTeachersOptions) {
    this.#options = options;
    this.#sets = new TeacherSets(options.cache, options.pictures);
  }

  /** Wanted teachers that are ready to answer. */
  get loaded(): ReadonlyMap<string, TeacherDescription> {
    const entries = [...this.#entries].flatMap(([identity, entry]) =>
      entry.status === 'loaded' ? [[identity, entry.description] as const] : [],
    );
    return new Map(entries);
  }

  /** A loaded teacher by its identity or name; undefined: no teacher has it, or several have it. */
  named(
    name: string,
  ): { identity: string; engine: string; description: TeacherDescription } | undefined {
    const found = this.#wanted.filter(
      ({ identity, names }) => identity === name || names.includes(name),
    );
    const [teacher] = found;
    if (teacher === undefined || found.length > 1) return undefined;
    const { identity, engine } = teacher;
    const description = this.loaded.get(identity);
    return description && { identity, engine, description };
  }

  /** All names under which {@link LoadedTeachers.named} finds a teacher, without identities. */
  servedNames(): string[] {
    const names = new Set(this.#wanted.flatMap((teacher) => teacher.names));
    return [...names].filter((name) => this.named(name)?.description.inputShape !== undefined);
  }

  /** Why teachers failed to load, and whether only a person can mend that. */
  get failed(): ReadonlyMap<string, FailedTeacher> {
    const entries = [...this.#entries].flatMap(([identity, entry]) =>
      entry.status === 'failed' ? [[identity, entry] as const] : [],
    );
    return new Map(entries);
  }

  /** Sets the whole desired state. */
  follow(wanted: readonly WantedTeacher[]): void {
    this.#wanted = wanted;
    this.#options.compute.follow(new Set(wanted.map(({ identity }) => identity)));
    this.proceed();
  }

  /** Checks again what can be done: tickets were settled, or time has passed. */
  proceed(): void {
    this.#due = true;
    if (this.#working) return;
    this.#working = true;
    // Rejects only if a thread has ended: then the worker stops, or ends because the thread died.
    this.#proceed().catch((err: unknown) =>
      this.#options.log.error({ err }, 'assignment not applied'),
    );
  }

  /**
   * A teacher behind an inference server that cannot be asked counts as not loaded: its tickets go to other workers,
   * the reason is reported, and it is loaded again later, with all checks. A ticket that is itself wrong does not lead
   * to this.
   */
  failedToAnswer(identity: string, err: LyceumError): void {
    const { engine = '' } = this.#wanted.find((teacher) => teacher.identity === identity) ?? {};
    const isAway = isAskedAtLoad(engine) && err.code !== 'INVALID_ARGUMENT';
    if (!isAway || this.#entries.get(identity)?.status !== 'loaded') return;
    // The next load finds out whether the failure is permanent: perhaps only one question was wrong.
    this.#fail(identity, err, false);
    this.#options.log.warn({ teacherIdentity: identity, err }, 'teacher cannot be asked');
    // If the thread has ended, it has no teacher to unload.
    this.#options.compute.unload(identity).catch(() => undefined);
    this.#options.changed();
    this.proceed();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
  }

  /**
   * The verified file of a set that a ticket of this teacher names.
   *
   * @throws {LyceumError} NOT_FOUND, FAILED_PRECONDITION or UNAVAILABLE if this worker cannot get it.
   */
  fetchDataset(identity: string, digest: string): Promise<DatasetFile> {
    const teacher = this.#wanted.find((wanted) => wanted.identity === identity);
    const dataset = teacher?.datasets.find((wanted) => wanted.digest === digest);
    // The assignment may not name the set yet: a pushed set is found all the same.
    return this.#sets.file(dataset ?? { digest, path: undefined });
  }

  async #proceed(): Promise<void> {
    const { compute, pictures, ticketsInHand, nowMs, changed } = this.#options;
    clearTimeout(this.#retry);
    try {
      while (this.#due && !this.#stopped) {
        const step = nextStep(this.#wanted, this.#held(), nowMs());
        if (step !== undefined) {
          await this.#carryOut(step);
          changed();
          continue;
        }
        this.#due = false;
        const digests = this.#wanted.flatMap((teacher) => teacher.datasets.map((d) => d.digest));
        await compute.keepDatasets(digests);
        // Tickets in hand may be about other sets; when the last of them is settled, this is checked again.
        const isBusy = [...this.#entries.keys()].some((identity) => ticketsInHand(identity) > 0);
        if (!isBusy) pictures.keepSets(digests);
      }
    } finally {
      // In the same turn as the last check: a change from here on starts a new round.
      this.#working = false;
    }
    const waitMs = untilNextRetryMs(this.#wanted, this.#held(), nowMs());
    if (waitMs !== undefined && !this.#stopped) {
      this.#retry = setTimeout(() => this.proceed(), waitMs);
    }
  }

  #held(): ReadonlyMap<string, HeldTeacher> {
    const held = [...this.#entries].map(([identity, entry]): [string, HeldTeacher] => {
      if (entry.status === 'failed') return [identity, entry];
      return [identity, { ...entry, ticketsInHand: this.#options.ticketsInHand(identity) }];
    });
    return new Map(held);
  }

  async #carryOut(step: Step): Promise<void> {
    switch (step.action) {
      case 'unload':
        return this.#unload(step.identity);
      case 'load':
        return this.#load(step.teacher);
      case 'prepare':
        return this.#prepare(step.teacher, step.datasets);
    }
  }

  async #unload(identity: string): Promise<void> {
    this.#entries.delete(identity);
    await this.#options.compute.unload(identity);
    this.#options.log.info({ teacherIdentity: identity }, 'teacher unloaded');
  }

  async #load(teacher: WantedTeacher): Promise<void> {
    const { compute, cache, log, nowMs, gpuUsedBytes } = this.#options;
    const { identity } = teacher;
    const startMs = nowMs();
    let stage: LoadStage = 'fetching';
    let held: readonly HeldFile[] = [];
    const waited = setTimeout(
      () => log.warn({ teacherIdentity: identity, stage }, 'teacher not loaded yet, others wait'),
      TOLD_AFTER_MS,
    );
    try {
      const modelFile = await cache.file(teacher.modelDigest);
      held = await this.#sets.readable(teacher.datasets);
      stage = 'opening';
      const usedBefore = isRemoteEngine(teacher.engine) ? undefined : await gpuUsedBytes();
      const opened = await compute.load({
        identity,
        modelFile,
        engine: teacher.engine,
        settingsJson: teacher.settingsJson,
        datasets: held.map(({ file }) => file),
        budgetBytes: this.#freeBytes(),
      });
      const description = { ...opened, ...takenOfGpu(usedBefore, await gpuUsedBytes()) };
      const datasets = new Set(teacher.datasets.map(({ digest }) => digest));
      this.#entries.set(identity, { status: 'loaded', description, datasets });
      const loadMs = Math.round(nowMs() - startMs);
      log.info({ teacherIdentity: identity, ...description, loadMs }, 'teacher loaded');
    } catch (thrown) {
      const err = toLyceumError(thrown);
      const permanent = isPermanent(err, stage, this.#failures(identity) + 1);
      const { failures, lasting } = this.#fail(identity, err, permanent);
      const facts = { teacherIdentity: identity, failures, lasting, permanent, err };
      log.error(facts, 'teacher failed to load');
    } finally {
      clearTimeout(waited);
      for (const { release } of held) release();
    }
  }

  /** Number of failures in a row so far. */
  #failures(identity: string): number {
    const entry = this.#entries.get(identity);
    return entry?.status === 'failed' ? entry.failures : 0;
  }

  #fail(identity: string, err: LyceumError, permanent: boolean) {
    const { nowMs, random } = this.#options;
    const failures = this.#failures(identity) + 1;
    const lasting = err.code === 'INVALID_ARGUMENT';
    const retryAtMs = lasting
      ? Number.POSITIVE_INFINITY
      : nowMs() + retryDelayMs(failures, random());
    const reason = err.message;
    const unreadable = err instanceof UnreadableSetError;
    const entry = { status: 'failed', reason, permanent, unreadable, failures, retryAtMs } as const;
    this.#entries.set(identity, entry);
    return { failures, lasting };
  }

  /** Tried once, even if it fails: a ticket that needs a missing set reports that itself. */
  async #prepare(teacher: WantedTeacher, datasets: readonly WantedDataset[]): Promise<void> {
    const { compute, log } = this.#options;
    const { identity } = teacher;
    const entry = this.#entries.get(identity);
    if (entry?.status !== 'loaded') {
      const message = `teacher ${identity} was to be prepared, but is not loaded`;
      throw new LyceumError('INTERNAL', message);
    }
    const digests = datasets.map(({ digest }) => digest);
    let held: readonly HeldFile[] = [];
    try {
      held = await this.#sets.all(datasets);
      await compute.prepare({ identity, datasets: held.map(({ file }) => file) });
    } catch (err) {
      log.warn({ teacherIdentity: identity, datasets: digests, err }, 'data set is not ready');
    } finally {
      for (const { release } of held) release();
    }
    // Meanwhile the teacher may have failed to answer, and be due for a new load.
    if (this.#entries.get(identity) !== entry) return;
    const known = new Set([...entry.datasets, ...digests]);
    this.#entries.set(identity, { ...entry, datasets: known });
  }

  #freeBytes(): number {
    const used = [...this.loaded.values()].reduce((sum, { weightBytes }) => sum + weightBytes, 0);
    return this.#options.budgetBytes - used;
  }
}
