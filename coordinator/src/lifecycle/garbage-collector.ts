/**
 * Finds and deletes garbage, which nothing refers to: blobs, parts of uploads that were cut off, events and pointers
 * of runs that are gone. Garbage is left by deletions and crashes, and by runs that SUCCEEDED: their checkpoints.
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

/** One piece of garbage. */
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
   * @param graceMs - what was written in the last `graceMs` milliseconds stays.
   * @returns the garbage that was deleted, or in a dry run would be.
   * @throws {LyceumError} FAILED_PRECONDITION if a record cannot be read, so that its references are not known.
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

  /**
   * Lists blobs before references: a blob that is put later is not listed; a reference that is made later is found.
   */
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

  /**
   * A pointer that a crash left is first made void, like the pointer of a deleted run; a later collection deletes it.
   */
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
          // A run of that id may have been submitted meanwhile, as for pointers.
          if (!subjectsOfRuns().has(eventSubject(name))) await eventLog.purge(name);
        },
      });
    }
    return found;
  }
}
