/**
 * Models and data sets: pushed under names, stored under digests, known by what they are.
 *
 * A name may move to other bytes; runs are pinned to digests and do not notice.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FORMAT_NAMES } from '@lyceum/learning/formats';
import { type LayerDescription, RAW_KINDS } from '@lyceum/learning/models';
import { type Logger, makeFolder, Turns } from '@lyceum/platform';
import { BlobCache, type BlobStore, type KeyValue } from '@lyceum/platform/nats';
import {
  ARTIFACT_NAME,
  ARTIFACT_RECORD_MAX_BYTES,
  LyceumError,
  toLyceumError,
} from '@lyceum/proto';
import { z } from 'zod';
import { BlobReferences } from './blob-references.js';
import {
  type ArtifactInspection,
  type ArtifactKindName,
  type DatasetOutline,
  inspectArtifact,
} from './inspect-artifact.js';

/** Models and sets kept as files; those unused for longest go first. */
const CACHE_BYTES = 8 * 1024 ** 3;

const namedArtifact = z.strictObject({
  kind: z.enum(['model', 'dataset']),
  name: z.string(),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().min(0),
  pushedAtMs: z.number(),
  description: z.record(z.string(), z.unknown()),
});

export type NamedArtifact = z.output<typeof namedArtifact>;

const modelDescription = z.looseObject({
  format: z.enum(FORMAT_NAMES),
  inputShape: z.array(z.number()).optional(),
  classCount: z.number().optional(),
  parameterCount: z.number(),
  weightBytes: z.number(),
  settings: z.looseObject({}),
  encodingDigest: z.string().optional(),
  /** The model reads what the set was made of, texts or cells, in place of the set's numbers. */
  reads: z.enum(RAW_KINDS).optional(),
  /** Columns of a table that the model reads. */
  columns: z.array(z.object({ name: z.string(), kind: z.enum(['number', 'category']) })).optional(),
  /** The model answers with classes, without probabilities. */
  classesOnly: z.boolean().optional(),
  /** The model may leave samples without an answer. */
  mayAbstain: z.boolean().optional(),
  /** Classes that the model may answer with; absent: those of any set. */
  answerClasses: z.array(z.string()).optional(),
  /** The one set that the model has answers to; absent: it can be asked about any. */
  recordedDataset: z.string().optional(),
  /** SHA-256 of all that its answers depend on; absent: the package's digest is that. */
  answersDigest: z.string().optional(),
});

export type KnownModel = z.output<typeof modelDescription> & {
  readonly digest: string;
  readonly layers: readonly LayerDescription[];
};

interface Pushed {
  readonly artifact: NamedArtifact;
  readonly created: boolean;
}

export interface CatalogPlaces {
  /** The coordinator's own folder. */
  readonly stateDir: string;
  /** Folder of sets that are named by their paths; undefined: none may be. */
  readonly datasetsRoot?: string | undefined;
  readonly log: Logger;
}

const KINDS: Readonly<Record<ArtifactKindName, string>> = { model: 'model', dataset: 'data set' };

export class ArtifactCatalog {
  readonly blobs: BlobStore;
  readonly references: BlobReferences;
  readonly #names: KeyValue;
  readonly #cache: BlobCache;
  readonly #uploads: string;
  readonly #log: Logger;
  readonly #models = new Map<string, Promise<KnownModel>>();
  readonly #datasets = new Map<string, Promise<DatasetOutline>>();
  readonly #pushes = new Turns(1);

  private constructor(
    names: KeyValue,
    blobs: BlobStore,
    { stateDir, datasetsRoot, log }: CatalogPlaces,
  ) {
    this.blobs = blobs;
    this.references = new BlobReferences(blobs);
    this.#log = log;
    this.#names = names;
    this.#cache = new BlobCache(join(stateDir, 'blobs'), blobs, CACHE_BYTES, datasetsRoot);
    this.#uploads = join(stateDir, 'uploads');
  }

  static async open(
    names: KeyValue,
    blobs: BlobStore,
    places: CatalogPlaces,
  ): Promise<ArtifactCatalog> {
    const catalog = new ArtifactCatalog(names, blobs, places);
    // Left behind by a coordinator that was killed.
    await rm(catalog.#uploads, { recursive: true, force: true });
    await makeFolder(catalog.#uploads);
    return catalog;
  }

  /** Where uploads are kept until they are known to be good. */
  get uploadFolder(): string {
    return this.#uploads;
  }

  /**
   * Stores a file under a name. One push at a time: each holds its file in memory twice, here and in a thread.
   *
   * @returns whether name or bytes were new.
   * @throws {LyceumError} INVALID_ARGUMENT, naming what is wrong with the file.
   */
  push(kind: ArtifactKindName, name: string, file: string, nowMs: number): Promise<Pushed> {
    return this.#pushes.take(() => this.#push(kind, name, file, nowMs));
  }

  async #push(kind: ArtifactKindName, name: string, file: string, nowMs: number): Promise<Pushed> {
    const inspection = await inspectArtifact(kind, file, `${KINDS[kind]} ${name}`);
    const { digest, description } = inspection;
    return this.references.inTurn([digest], async () => {
      const before = await this.find(kind, name);
      const bytes = await readFile(file);
      const sizeBytes = bytes.length;
      const artifact = { kind, name, digest, sizeBytes, pushedAtMs: nowMs, description };
      const record = recordOf(artifact);
      await this.#store(digest, bytes);
      if (before?.digest === digest) return { artifact: before, created: false };
      await this.#names.put(keyOf(kind, name), record);
      this.#learn(inspection);
      return { artifact, created: true };
    });
  }

  /** Damaged bytes are replaced: users push a file again to mend it. */
  async #store(digest: string, bytes: Buffer): Promise<void> {
    if ((await this.blobs.has(digest)) && !(await isWhole(this.blobs, digest))) {
      await this.blobs.delete(digest);
    }
    await this.blobs.put(bytes);
  }

  async find(kind: ArtifactKindName, name: string): Promise<NamedArtifact | undefined> {
    // A text that is no name is not used as a part of a key.
    if (!ARTIFACT_NAME.test(name)) return undefined;
    const found = await this.#names.get(keyOf(kind, name));
    return found === undefined ? undefined : this.#parse(keyOf(kind, name), found.value);
  }

  /** Sorted by name. */
  async list(kind?: ArtifactKindName): Promise<NamedArtifact[]> {
    const named = await this.#named();
    return [...named.values()]
      .flatMap((artifact) => artifact ?? [])
      .filter((artifact) => kind === undefined || artifact.kind === kind);
  }

  /**
   * Digests of all named models and sets, SHA-256, hex.
   *
   * @throws {LyceumError} FAILED_PRECONDITION if a name's record cannot be read.
   */
  async digests(): Promise<string[]> {
    return Array.from(await this.#named(), ([key, artifact]) => {
      if (artifact !== undefined) return artifact.digest;
      const message = `the record of ${key} cannot be read, so it is not known what it refers to; push it again`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    });
  }

  /** What each name stands for, by key, sorted; undefined: the name's record cannot be read. */
  async #named(): Promise<Map<string, NamedArtifact | undefined>> {
    const keys = (await this.#names.keys()).sort();
    const entries = await Promise.all(keys.map((key) => this.#names.get(key)));
    return new Map(
      keys.flatMap((key, at) => {
        const entry = entries[at];
        return entry === undefined ? [] : [[key, this.#parse(key, entry.value)] as const];
      }),
    );
  }

  /** A record that cannot be read counts as missing, so that the name can be pushed again. */
  #parse(key: string, text: string): NamedArtifact | undefined {
    try {
      return namedArtifact.parse(JSON.parse(text));
    } catch (err) {
      this.#log.error({ err, key }, 'name skipped: its record cannot be read');
      return undefined;
    }
  }

  /** Forgets a name; its bytes stay. */
  forget({ kind, name }: NamedArtifact): Promise<void> {
    return this.#names.delete(keyOf(kind, name));
  }

  /** @throws {LyceumError} NOT_FOUND if there is no such model. */
  model(digest: string): Promise<KnownModel> {
    return remembered(this.#models, digest, async () => {
      const file = await this.#cache.file(digest);
      const inspection = await inspectArtifact('model', file, `model ${digest}`);
      return knownModel(inspection);
    });
  }

  /**
   * @param signal - aborts once the caller has gone.
   * @throws {LyceumError} NOT_FOUND if the set is missing; INVALID_ARGUMENT if the file is no data set, or if no set
   *   may be named by its path.
   */
  async dataset(
    reference: { digest: string; path?: string | undefined },
    signal?: AbortSignal,
  ): Promise<DatasetOutline> {
    const { digest, path } = reference;
    // The work below is shared by all callers. This read is the caller's own, so that its signal ends it.
    if (path !== undefined) {
      await this.#cache.file(digest, { path, ...(signal !== undefined && { signal }) });
    }
    return remembered(this.#datasets, digest, async () => {
      const file = await this.file(reference);
      const inspection = await inspectArtifact('dataset', file, path ?? `data set ${digest}`);
      if (inspection.kind !== 'dataset') throw new LyceumError('INTERNAL', 'not a data set');
      return inspection.outline;
    });
  }

  /** Path of a file with the bytes of a model or set, only to be read. @throws {LyceumError} as {@link dataset}. */
  file({ digest, path }: { digest: string; path?: string | undefined }): Promise<string> {
    return this.#cache.file(digest, path === undefined ? {} : { path });
  }

  #learn(inspection: ArtifactInspection): void {
    const { digest } = inspection;
    if (inspection.kind === 'dataset') {
      remember(this.#datasets, digest, Promise.resolve(inspection.outline));
    } else {
      remember(this.#models, digest, Promise.resolve(knownModel(inspection)));
    }
  }
}

/** @throws {LyceumError} INVALID_ARGUMENT if the record would be too large. */
function recordOf(artifact: NamedArtifact): string {
  const record = JSON.stringify(artifact);
  const bytes = Buffer.byteLength(record);
  if (bytes <= ARTIFACT_RECORD_MAX_BYTES) return record;
  const message = `${KINDS[artifact.kind]} ${artifact.name}: its description, mostly names of classes and columns, has ${bytes} bytes; at most ${ARTIFACT_RECORD_MAX_BYTES}: want fewer or shorter names`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

async function isWhole(blobs: BlobStore, digest: string): Promise<boolean> {
  try {
    for await (const _ of blobs.read(digest));
    return true;
  } catch (thrown) {
    if (toLyceumError(thrown).code !== 'NOT_FOUND') throw thrown;
    return false;
  }
}

function knownModel(inspection: ArtifactInspection): KnownModel {
  if (inspection.kind !== 'model') throw new LyceumError('INTERNAL', 'not a model');
  const { digest, layers, description } = inspection;
  return { ...modelDescription.parse(description), digest, layers };
}

function keyOf(kind: ArtifactKindName, name: string): string {
  return `${kind}.${name}`;
}

/** How many models, and how many sets, are remembered: a set's labels take megabytes. */
const REMEMBERED = 64;

/** Calls that overlap share one `find`. A failure is not remembered. */
function remembered<T>(
  known: Map<string, Promise<T>>,
  key: string,
  find: () => Promise<T>,
): Promise<T> {
  const found = known.get(key) ?? find();
  remember(known, key, found);
  found.catch(() => {
    if (known.get(key) === found) known.delete(key);
  });
  return found;
}

/** Adds the entry as the newest; the oldest may go. */
function remember<T>(known: Map<string, Promise<T>>, key: string, found: Promise<T>): void {
  known.delete(key);
  known.set(key, found);
  const [oldest] = known.keys();
  if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
}
