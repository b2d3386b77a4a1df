/** All formats: what each is, and the engine that runs it. */
import type { ModelFormat, ModelOnDisk, PackageMembers } from '../models/index.js';
import { endpoint } from './endpoint/index.js';
import { onnx, onnxTable } from './onnx/index.js';
import { onnxText } from './onnx-text/index.js';
import { recorded } from './recorded/index.js';
import { openInference } from './remote/index.js';
import { savedModel, savedModelTable } from './saved-model/index.js';
import { graphModel, layersModel } from './tensorflowjs/index.js';

/**
 * Formats in the order in which they are tried: the first one whose member a package has, or that lies at a path, reads
 * it. Layers models read all that is left.
 */
const TABLE = [
  endpoint,
  openInference,
  recorded,
  onnxText,
  onnx,
  onnxTable,
  savedModel,
  savedModelTable,
  graphModel,
  layersModel,
] as const;

type Entry = (typeof TABLE)[number];
export type FormatName = Entry['name'];

/** A model in memory, by its format. */
export type PackageOf<Name extends FormatName> = ReturnType<
  Extract<Entry, { readonly name: Name }>['parse']
>;

export const FORMATS: readonly ModelFormat[] = TABLE;

const [first, ...others] = TABLE;
export const FORMAT_NAMES = [first.name, ...others.map(({ name }) => name)] as const;

const ON_DISK = TABLE.flatMap((format) => ('onDisk' in format ? format : []));

/** The format of a package. If it has no format's own member, layers models read it: they say what is missing. */
export function formatIn(members: PackageMembers): ModelFormat {
  const isOf = ({ member }: ModelFormat) => member !== undefined && members.has(member);
  return FORMATS.find(isOf) ?? layersModel;
}

/**
 * The format of the model at a path; else as {@link formatIn}.
 *
 * @param members - names in the path, if it is a folder.
 */
export function formatAt(
  path: string,
  members: readonly string[],
): ModelFormat & { readonly onDisk: ModelOnDisk } {
  return ON_DISK.find(({ onDisk }) => onDisk.liesAt(path, members)) ?? layersModel;
}

export function formatNamed(name: FormatName): ModelFormat {
  const format = FORMATS.find((one) => one.name === name);
  if (format === undefined) throw new Error(`no format ${name}`);
  return format;
}

/** The formats that students are of. */
export type TrainableName = Extract<Entry, { readonly isTrainable: true }>['name'];

export function isTrainable(format: FormatName): format is TrainableName {
  return formatNamed(format).isTrainable === true;
}

/** The engine that runs models of a format. */
export function engineOf(format: FormatName): string {
  return formatNamed(format).engine;
}

/** Whether a teacher's engine computes elsewhere. */
export function isRemoteEngine(engine: string): boolean {
  return FORMATS.some((format) => format.engine === engine && format.isRemote === true);
}

/** Whether a teacher's engine computes on the worker that has it; an engine that is not known here is taken to. */
export function computesHere(engine: string): boolean {
  const format = FORMATS.find((one) => one.engine === engine);
  return format?.isRemote !== true && format?.isWrittenDown !== true;
}

/** Whether a teacher's engine looks answers up that have been written down. */
export function isWrittenDown(engine: string): boolean {
  return FORMATS.some((format) => format.engine === engine && format.isWrittenDown === true);
}

/** Whether a teacher's engine asks a server when it loads, which may be away later. */
export function isAskedAtLoad(engine: string): boolean {
  return FORMATS.some((format) => format.engine === engine && format.isAskedAtLoad === true);
}

/** Whether each answer of a teacher's engine may cost money. */
export function isPaidEngine(engine: string): boolean {
  return FORMATS.some((format) => format.engine === engine && format.isPaid === true);
}
