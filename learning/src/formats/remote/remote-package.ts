/**
 * A model behind an Open Inference server as one file: a zip of `inference.json`, how it is asked and what the server
 * said of it when it was pushed, and `settings.json`. It has no weights; its digest is the model's all the same.
 */
import { InvalidDocumentError } from '@lyceum/proto';
import { writeZip } from '../../files/index.js';
import {
  ANSWER_NOISE,
  classCountOf,
  type ModelDescription,
  type ModelSettings,
  type PackageMembers,
  packedSettings,
  packedText,
  precisionOfDatatype,
  settingsJson,
} from '../../models/index.js';
import {
  checkRemoteModelDocument,
  type InferenceTensorMetadata,
  type RemoteModelDocument,
} from '../../specification/index.js';
import { columnsOf } from '../graphs/index.js';

export interface RemotePackage extends RemoteModelDocument {
  readonly settings: ModelSettings;
}

export const REMOTE_MEMBER = 'inference.json';

export function encodeRemotePackage({ description, found, settings }: RemotePackage): Buffer {
  return writeZip(
    new Map([
      [REMOTE_MEMBER, Buffer.from(JSON.stringify({ description, found }))],
      ['settings.json', Buffer.from(settingsJson(settings))],
    ]),
  );
}

/** @throws {InvalidDocumentError} naming all that is wrong. */
export function parseRemotePackage(members: PackageMembers, source: string): RemotePackage {
  const document = jsonOf(packedText(members, REMOTE_MEMBER, source), source);
  const settings = packedSettings(members, source);
  return { ...checkRemoteModelDocument(document, `${source}, ${REMOTE_MEMBER}`), settings };
}

/** How far answers to equal inputs may be apart: `ANSWER_NOISE` of the precision that the server computes in. */
export function noiseOf({
  description,
  found,
}: Pick<RemotePackage, 'description' | 'found'>): number {
  const [first] = found.outputs;
  // The answers may call an only output otherwise than the metadata does.
  const output = found.outputs.find(({ name }) => name === found.output) ?? first;
  return ANSWER_NOISE[description.precision ?? precisionOfDatatype(output?.datatype ?? '')];
}

/** A tensor as messages show it: `pixels FP32 [-1, 28, 28, 1]`. */
export function tensorText({ name, datatype, shape }: InferenceTensorMetadata): string {
  return `${name} ${datatype} [${shape.join(', ')}]`;
}

export interface RemoteDescription extends ModelDescription {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Where it is, and what the server called it. */
  readonly url: string;
  readonly servedModel: string;
}

/** The description of a model behind a server, whose parameters are not counted. */
export function describeRemote({ description, found, settings }: RemotePackage): RemoteDescription {
  const { question } = found;
  const seen =
    'table' in question
      ? { reads: 'columns' as const, columns: columnsOf({ inputs: question.table }) }
      : { inputShape: channelsLast(question.sampleShape, settings) };
  return {
    ...seen,
    classCount: classCountOf(found.classCount),
    parameterCount: 0,
    weightBytes: 0,
    output: settings.output,
    inputs: found.inputs.map(tensorText),
    outputs: found.outputs.map(tensorText),
    url: description.url,
    servedModel: description.model,
  };
}

function channelsLast(
  sampleShape: readonly number[],
  { layout }: ModelSettings,
): readonly number[] {
  if (layout !== 'NCHW') return sampleShape;
  const [channels = 0, height = 0, width = 0] = sampleShape;
  return [height, width, channels];
}

function jsonOf(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidDocumentError(source, [{ path: REMOTE_MEMBER, message: 'is not JSON' }]);
  }
}
