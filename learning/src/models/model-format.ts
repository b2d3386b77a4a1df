/**
 * What a model format tells of itself: all that is asked wherever models are read, described, planned and opened.
 *
 * A format is one folder of `formats` with one of these, and one line in its table.ts. An optional field that is absent
 * does not hold.
 */
import { InvalidDocumentError, MODEL_MAX_BYTES, toLyceumError } from '@lyceum/proto';
import { readZip, type ZipLimits } from '../files/index.js';
import type { LayerDescription } from './layers/index.js';
import type { ModelDescription } from './model-description.js';
import { type ModelSettings, parseSettingsJson } from './model-settings.js';

/** @typeParam Package - a model in memory. */
export interface ModelFormat<Package extends { readonly settings: ModelSettings } = AnyPackage> {
  readonly name: string;
  /** The engine that runs its models: part of a teacher's identity, since another engine gives other bits. */
  readonly engine: string;
  /**
   * The member of a package that tells the format apart. Absent: packages of another format may turn out to be of this
   * one.
   */
  readonly member?: string;
  /**
   * Reads and checks a package.
   *
   * @throws {InvalidDocumentError} naming all that is wrong.
   */
  parse(members: PackageMembers, source: string): Package;
  /** The name of the package's format, one of those with the same members. */
  nameOf?(model: Package): string;
  /** @throws {InvalidDocumentError} if a graph cannot be asked as a classifier. */
  describe(model: Package): ModelDescription;
  /** The model's layers. Absent: the format does not tell them. */
  layers?(model: Package): readonly LayerDescription[];
  /** How a model lies on disk before it is packed. Absent: it does not lie on disk. */
  readonly onDisk?: ModelOnDisk;

  /** Another program runs the model: it costs this machine no computing, and its answers may move. */
  readonly isRemote?: true;
  /** Answers are written down by sample: nothing is computed, and modalities play no part. */
  readonly isWrittenDown?: true;
  /** Each answer may cost money. */
  readonly isPaid?: true;
  /** The model answers with the names of the set's classes, even if its settings name an order. */
  readonly answersByName?: true;
  /**
   * Loading asks its server: if the server stops answering later, the model counts as not loaded, and is loaded again.
   */
  readonly isAskedAtLoad?: true;
  /** Students have this format: it can be trained and exported. */
  readonly isTrainable?: true;
  /** The layout of its inputs' channels is known, even if the model does not tell their shape. */
  readonly hasKnownLayout?: true;
  /** Its settings may name columns of a table. The model is then given those in place of numbers. */
  readonly mayReadColumns?: true;
}

type AnyPackage = { readonly settings: ModelSettings };

/** Members by their names. */
export type PackageMembers = ReadonlyMap<string, Uint8Array>;

export interface ModelOnDisk {
  /** @param members - names in the path, if it is a folder. */
  liesAt(path: string, members: readonly string[]): boolean;
  /** The file beside the model that may hold its settings. Absent: there is none. */
  settingsFile?(path: string): string;
  /**
   * @param given - settings that the model's files do not tell.
   * @returns the package's bytes.
   * @throws {LyceumError} NOT_FOUND if a file is missing, INVALID_ARGUMENT naming the reason why it cannot be used.
   */
  pack(path: string, given: Partial<ModelSettings>): Buffer | Promise<Buffer>;
}

/** Limits of a package. A SavedModel has some shards and files of its own. */
const LIMITS: ZipLimits = { maxMembers: 64, maxBytes: MODEL_MAX_BYTES, compression: 'refused' };

/** @throws {InvalidDocumentError} if it is no archive, is damaged or too large. */
export function packageMembers(bytes: Uint8Array, source: string): PackageMembers {
  try {
    return readZip(bytes, LIMITS, 'file');
  } catch (err) {
    const problem = { path: '', message: toLyceumError(err).message };
    throw new InvalidDocumentError(source, [problem]);
  }
}

/** A member that every package of the format has. @throws {InvalidDocumentError} */
export function packedMember(members: PackageMembers, name: string, source: string): Uint8Array {
  const member = members.get(name);
  if (member !== undefined) return member;
  throw new InvalidDocumentError(source, [{ path: name, message: 'is missing' }]);
}

/** @throws {InvalidDocumentError} as {@link packedMember}. */
export function packedText(members: PackageMembers, name: string, source: string): string {
  return Buffer.from(packedMember(members, name, source)).toString();
}

/** @throws {InvalidDocumentError} naming all that is wrong with `settings.json`. */
export function packedSettings(members: PackageMembers, source: string): ModelSettings {
  const text = packedText(members, 'settings.json', source);
  return parseSettingsJson(text, `${source}, settings.json`);
}
