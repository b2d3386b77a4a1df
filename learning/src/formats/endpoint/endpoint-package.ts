/** A black-box endpoint as a model's package: a zip of its description, `endpoint.json`, and `settings.json`. */
import { sha256Hex } from '@lyceum/proto';
import { writeZip } from '../../files/index.js';
import {
  type ModelDescription,
  type ModelSettings,
  type PackageMembers,
  packedSettings,
  packedText,
  settingsJson,
} from '../../models/index.js';
import { type Endpoint, parseEndpoint } from '../../specification/index.js';
import { mayAbstain, namedClasses } from './endpoint-answers.js';

export interface EndpointPackage {
  readonly endpoint: Endpoint;
  /** How samples are made ready; `output` has no effect, since an endpoint answers with classes. */
  readonly settings: ModelSettings;
}

export const ENDPOINT_MEMBER = 'endpoint.json';

export function encodeEndpointPackage({ endpoint, settings }: EndpointPackage): Buffer {
  return writeZip(
    new Map([
      [ENDPOINT_MEMBER, Buffer.from(JSON.stringify(endpoint))],
      ['settings.json', Buffer.from(settingsJson(settings))],
    ]),
  );
}

/** @throws {InvalidDocumentError} naming all that is wrong. */
export function parseEndpointPackage(members: PackageMembers, source: string): EndpointPackage {
  const text = packedText(members, ENDPOINT_MEMBER, source);
  const settings = packedSettings(members, source);
  return { endpoint: parseEndpoint(text, `${source}, ${ENDPOINT_MEMBER}`), settings };
}

export interface EndpointDescription extends ModelDescription {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The endpoint answers with classes, without probabilities. */
  readonly classesOnly: true;
  /** The endpoint may leave samples without an answer. */
  readonly mayAbstain: boolean;
  /** Classes that the endpoint may answer with; absent: those of any set. */
  readonly answerClasses?: readonly string[];
  /**
   * SHA-256 of all that its answers depend on. How often it is called is left out: changing that keeps the answers that
   * were paid for.
   */
  readonly answersDigest: string;
}

export function describeEndpoint({ endpoint, settings }: EndpointPackage): EndpointDescription {
  const { url, request, chat, answer, input, classes, otherwise, revision } = endpoint;
  const answers = { url, request, chat, answer, input, classes, otherwise, revision };
  return {
    parameterCount: 0,
    weightBytes: 0,
    output: settings.output,
    inputs: [`${input} to ${url}`],
    outputs: ['class'],
    ...(input === 'text' && { reads: 'texts' }),
    ...(input === 'row' && { reads: 'columns' }),
    classesOnly: true,
    mayAbstain: mayAbstain(endpoint),
    ...(classes !== undefined && { answerClasses: namedClasses(endpoint) }),
    answersDigest: sha256Hex(JSON.stringify(answers)),
  };
}
