/**
 * Finds and deletes what nothing refers to: blobs, parts of uploads that were cut off, events and pointers of
 * runs that are gone. What a deletion or a crash left behind, and checkpoints of runs that SUCCEEDED.
 */
import type { Logger } from '@lyceum/platform';
import type { EventLog, KeyValue } from '@lyceum/platform/nats';
import { eventSubject, RunEvent } from '@lyceum/proto';
import type { ArtifactCatalog } from '../artifacts/index.js';
import { allPointers, dropCheckpoints, type RunStore } from '../runs/index.js';
import { referredBlobs } from './unreferred-blobs.js';

export interface GarbageCollectorParts {
  readonly store: RunStore;
  readonly pointers: KeyValue;
  readonly catalog: ArtifactCatalog;
  readonly eventLog: EventLog;
  readonly log: Logger;
  readonly now: () => number;
}

/** One thing that nothing refers to. */
export interface Garbage {
  readonly kind: 'blob' | 'upload' | 'events' | 'pointer';
  /** A digest, an upload's id, or a run's id. */
  readonly name: string;
  readonly sizeBytes: number;
}

interface Found extends Garbage {
  readonly delete: () => Promise<void>;
}

export class GarbageCollector {
  readonly #parts: GarbageCollectorParts;

  constructor(parts: GarbageCollectorParts) {
    this.#parts = parts;
  }

  /**
   * @param graceMs - what was written in the last so many milliseconds stays.
   * @returns what was deleted, or would be.
   * @throws {LyceumError} FAILED_PRECONDITION if it is not known what a run refers to.
   */
  async collect(options: {
    readonly dryRun: boolean;
    readonly graceMs: number;
  }): Promise<Garbage[]> {
    const { log, now } = this.#parts;
    const beforeMs = now() - options.graceMs;
    const blobs = await this.#blobs(beforeMs);
    const others = [
      ...(await this.#uploads(options.graceMs)),
      ...(await this.#pointers(beforeMs)),
      ...(await this.#events()),
    ];
    const outlines = others.map(({ kind, name, sizeBytes }) => ({ kind, name, sizeBytes }));
    if (options.dryRun) return [...blobs, ...outlines];
    const { references } = this.#parts.catalog;
    const digests = blobs.map(({ name }) => name);
    const deleted = new Set(
      await references.deleteUnless(digests, () => referredBlobs(this.#parts)),
    );
    for (const garbage of others) await garbage.delete();
    const found = [...blobs.filter(({ name }) => deleted.has(name)), ...outlines];
    const bytes = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    log.info({ count: found.length, bytes }, 'garbage collected');
    return found;
  }

  /** The list comes first: what is put and referred to after it is not in it, or is referred to. */
  async #blobs(beforeMs: number): Promise<Garbage[]> {
    const { blobs } = this.#parts.catalog;
    const stored = await blobs.list();
    const referred = await referredBlobs(this.#parts);
    return stored
      .filter(({ digest, putAtMs }) => putAtMs <= beforeMs && !referred.has(digest))
      .map(({ digest, sizeBytes }) => ({ kind: 'blob', name: digest, sizeBytes }));
  }

  /** An upload that goes on stays: without its first parts it would end as a damaged blob. */
  async #uploads(graceMs: number): Promise<Found[]> {
    const { blobs } = this.#parts.catalog;
    return (await blobs.uploads())
      .filter(({ idleMs }) => idleMs >= graceMs)
      .map(({ id, sizeBytes }) => ({
        kind: 'upload',
        name: id,
        sizeBytes,
        delete: () => blobs.deleteUpload(id),
      }));
  }

  /** One that a crash left as it was is first made void, like that of any deleted run. */
  async #pointers(beforeMs: number): Promise<Found[]> {
    const { store, pointers, now } = this.#parts;
    const found: Found[] = [];
    for (const [runId, pointer] of await allPointers(pointers)) {
      const { deletedAtMs } = pointer;
      if (store.get(runId) !== undefined || (deletedAtMs ?? 0) > beforeMs) continue;
      found.push({
        kind: 'pointer',
        name: runId,
        sizeBytes: JSON.stringify(pointer).length,
        delete: async () => {
          // A run of that id may have been submitted meanwhile.
          if (store.get(runId) !== undefined) return;
          if (deletedAtMs !== undefined) await pointers.delete(runId);
          else await dropCheckpoints(pointers, runId, now());
        },
      });
    }
    return found;
  }

  async #events(): Promise<Found[]> {
    const { store, eventLog } = this.#parts;
    const logged = await eventLog.runIds();
    const subjectsOfRuns = () => new Set(store.list().map(({ runId }) => eventSubject(runId)));
    const subjects = subjectsOfRuns();
    const found: Found[] = [];
    for (const name of logged) {
      if (subjects.has(eventSubject(name))) continue;
      let sizeBytes = 0;
      const { signal } = new AbortController();
      for await (const { event } of eventLog.read(name, { follow: false, signal })) {
        sizeBytes += RunEvent.encode(event).finish().length;
      }
      found.push({
        kind: 'events',
        name,
        sizeBytes,
        delete: async () => {
          // As of pointers.
          if (!subjectsOfRuns().has(eventSubject(name))) await eventLog.purge(name);
        },
      });
    }
    return found;
  }
}
