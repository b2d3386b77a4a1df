/**
 * What a model format says of itself: all that is asked of it wherever models are read, described, planned and opened.
 *
 * A format is one folder of `formats` with one of these, and one line in its table.ts. What is left out of the optional fields
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
  /** What runs it: part of a teacher's identity, since another engine gives other bits. */
  readonly engine: string;
  /** The member of a package that tells it apart. Absent: a package of another format may turn out to be of this one. */
  readonly member?: string;
  /**
   * Reads and checks a package.
   *
   * @throws {InvalidDocumentError} naming all that is wrong.
   */
  parse(members: PackageMembers, source: string): Package;
  /** Which of the formats with the same members it is, by name. */
  nameOf?(model: Package): string;
  /** @throws {InvalidDocumentError} if a graph cannot be asked as a classifier. */
  describe(model: Package): ModelDescription;
  /** Absent: the format does not tell them. */
  layers?(model: Package): readonly LayerDescription[];
  /** How it lies on disk before it is packed. Absent: it does not. */
  readonly onDisk?: ModelOnDisk;

  /** Another program runs it: it costs this machine no computing, and its answers may move. */
  readonly isRemote?: true;
  /** Answers are written down by sample: nothing is computed, and no modality looked at. */
  readonly isWrittenDown?: true;
  /** Each answer may cost money. */
  readonly isPaid?: true;
  /** Answers with the names of the set's classes, whatever its settings say of an order. */
  readonly answersByName?: true;
  /**
   * Loading asks its server: if the server stops answering later, the model counts as not loaded, and is loaded again.
   */
  readonly isAskedAtLoad?: true;
  /** Students are of it: it can be trained and exported. */
  readonly isTrainable?: true;
  /** Where the colours of its inputs stand is known, whatever it tells of their shape. */
  readonly hasKnownLayout?: true;
  /** Its settings may name columns of a table, and then it is given those in place of numbers. */
  readonly mayReadColumns?: true;
}

type AnyPackage = { readonly settings: ModelSettings };

/** By name. */
export type PackageMembers = ReadonlyMap<string, Uint8Array>;

export interface ModelOnDisk {
  /** @param members - names in the path, if it is a folder. */
  liesAt(path: string, members: readonly string[]): boolean;
  /** Where settings may lie beside it. Absent: nowhere. */
  settingsFile?(path: string): string;
  /**
   * @param given - settings that it does not tell.
   * @returns the package's bytes.
   * @throws {LyceumError} NOT_FOUND if a file is missing, INVALID_ARGUMENT naming what keeps it from being used.
   */
  pack(path: string, given: Partial<ModelSettings>): Buffer | Promise<Buffer>;
}

/** A SavedModel has some shards and files of its own. */
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
