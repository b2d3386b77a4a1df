/**
 * Models behind inference servers, kept as pushed models. A user describes the model, the server says what it has, and
 * both together are the package. A server that later says the same gets the same package, so that answers are shared.
 */
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  encodeRemotePackage,
  noiseOf,
  parsePackagedModel,
  type RemotePackage,
} from '@lyceum/learning/formats';
import { inlineSettings, type ModelSettings, settingsJson } from '@lyceum/learning/models';
import {
  answersDiffer,
  findModel,
  openInferenceServer,
  patientServer,
} from '@lyceum/learning/open-inference';
import {
  type InferenceDescription,
  type InlineInference,
  writtenKeyProblems,
} from '@lyceum/learning/specification';
import type { Outside } from '@lyceum/platform';
import {
  InvalidDocumentError,
  LyceumError,
  type Problem,
  sha256Hex,
  toLyceumError,
} from '@lyceum/proto';
import type { ArtifactCatalog, NamedArtifact } from './artifact-catalog.js';

/** One failure of a server is no reason to refuse its model; a server that hangs must not keep the user for long. */
const TRIES = 2;

export interface RemoteModelsParts {
  readonly catalog: ArtifactCatalog;
  readonly outside: Outside;
  readonly now: () => number;
}

export class RemoteModels {
  readonly #parts: RemoteModelsParts;

  constructor(parts: RemoteModelsParts) {
    this.#parts = parts;
  }

  /**
   * Asks the server, and stores what it has under a name.
   *
   * @param given - settings that the user knows; the server tells the others.
   * @returns whether it was new.
   * @throws {InvalidDocumentError} naming what keeps the model from being asked as a classifier.
   * @throws {LyceumError} FAILED_PRECONDITION if the server cannot be asked.
   */
  async push(
    name: string,
    description: InferenceDescription,
    given: Partial<ModelSettings>,
  ): Promise<{ artifact: NamedArtifact; created: boolean }> {
    const { catalog, now } = this.#parts;
    const problems = writtenKeyProblems(description);
    if (problems.length > 0) {
      throw new InvalidDocumentError(`the description of model ${description.model}`, problems);
    }
    const found = await this.#find(description, given);
    const before = await catalog.find('model', name);
    if (before !== undefined && isSame(await this.#package(before), found)) {
      return { artifact: before, created: false };
    }
    const file = join(catalog.uploadFolder, randomUUID());
    try {
      await writeFile(file, encodeRemotePackage(found), { flag: 'wx' });
      return await catalog.push('model', name, file, now());
    } finally {
      await rm(file, { force: true });
    }
  }

  /**
   * Stores a model that a run describes, unless it is there already. What is wrong with it is added to the problems.
   *
   * @returns the name under which it is stored.
   *
   * @throws {LyceumError} FAILED_PRECONDITION if the server cannot be asked.
   */
  async described(
    path: string,
    { settings, ...description }: InlineInference,
    problems: Problem[],
  ): Promise<string | undefined> {
    try {
      const given = inlineSettings(settings);
      const key = sha256Hex(JSON.stringify([description, JSON.stringify(given)]));
      const name = `inference-${key.slice(0, 12)}`;
      await this.push(name, description, given);
      return name;
    } catch (thrown) {
      if (!(thrown instanceof InvalidDocumentError)) throw thrown;
      problems.push(...thrown.problems.map((p) => ({ ...p, path: `${path}.${p.path}` })));
      return undefined;
    }
  }

  async #find(
    description: InferenceDescription,
    given: Partial<ModelSettings>,
  ): Promise<RemotePackage> {
    const once = openInferenceServer(description, this.#parts.outside);
    const server = patientServer(once, { tries: TRIES, random: Math.random });
    try {
      return await findModel(server, description, given);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err.code === 'INVALID_ARGUMENT') throw err;
      // Not UNAVAILABLE: to the caller that would mean that the coordinator is away, and only the server is.
      throw new LyceumError('FAILED_PRECONDITION', err.message, { cause: err });
    } finally {
      server.close();
    }
  }

  /** Undefined: the artifact is no model behind an inference server, or its package is lost: a push mends that. */
  async #package({ digest, description }: NamedArtifact): Promise<RemotePackage | undefined> {
    if (description['format'] !== 'open-inference') return undefined;
    const bytes = await this.#parts.catalog.blobs.get(digest).catch((thrown: unknown) => {
      if (toLyceumError(thrown).code !== 'NOT_FOUND') throw thrown;
      return undefined;
    });
    if (bytes === undefined) return undefined;
    const packaged = parsePackagedModel(bytes);
    return packaged.format === 'open-inference' ? packaged.model : undefined;
  }
}

/** Leaves out the server's own version, and differences of answers that are within their noise. */
function isSame(before: RemotePackage | undefined, now: RemotePackage): boolean {
  if (before === undefined) return false;
  const text = ({ description, found, settings }: RemotePackage) => {
    const { canaries: _, server: __, ...rest } = found;
    return JSON.stringify([description, rest, settingsJson(settings)]);
  };
  if (text(before) !== text(now)) return false;
  return answersDiffer(before.found.canaries, now.found.canaries, noiseOf(before)) === undefined;
}
