/**
 * Secrets that documents may name: tokens and keys for servers that this process calls. A document has only their
 * names. Their values are in the places that the process' operator chose for this purpose, and nothing else can be
 * named.
 *
 * Otherwise a document's author could have a secret sent to a server of their own. So the operator writes beside each
 * secret to which hosts it goes. A program that calls for other people sends a secret without such a list nowhere.
 */
import { join } from 'node:path';
import { LyceumError, SECRET_MAX_BYTES, SECRET_NAME } from '@lyceum/proto';
import { readGivenIfThere } from '../files/index.js';
import { type Callee, matchesHost, parseHostPattern } from './callee.js';

/** `LYCEUM_SECRET_TRITON_TOKEN` has the secret `triton-token`. */
const VARIABLE_PREFIX = 'LYCEUM_SECRET_';

/** `LYCEUM_HOSTS_OF_TRITON_TOKEN` has the hosts that it goes to. */
const HOSTS_VARIABLE_PREFIX = 'LYCEUM_HOSTS_OF_';

/** `triton-token.hosts` beside `triton-token`. No secret's name has a dot. */
const HOSTS_FILE_SUFFIX = '.hosts';

/** Where secrets are. Plain data: threads get copies. */
export interface SecretPlaces {
  /**
   * Holds a file for each secret, named as the secret. It is read anew each time: secrets are renewed. Undefined:
   * none.
   */
  readonly folder: string | undefined;
  /** Used where there is no file. Keys are the variables' whole names. */
  readonly variables: Readonly<Record<string, string>>;
  /**
   * Where a secret without a list of hosts goes. `anywhere` is for the user's own secrets in the user's own documents.
   */
  readonly unboundGo: 'nowhere' | 'anywhere';
}

/** @param environment - only its variables for secrets are kept. */
export function secretPlaces(
  folder: string | undefined,
  environment: NodeJS.ProcessEnv,
  unboundGo: SecretPlaces['unboundGo'],
): SecretPlaces {
  const variables = Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      [VARIABLE_PREFIX, HOSTS_VARIABLE_PREFIX].some((prefix) => name.startsWith(prefix)) &&
      value !== undefined
        ? [[name, value] as const]
        : [],
    ),
  );
  return { folder, variables, unboundGo };
}

/**
 * @param callee - the host that gets the secret.
 * @returns the secret's text, without line ends behind it.
 * @throws {LyceumError} FAILED_PRECONDITION, naming the places, if the secret is in none of them; PERMISSION_DENIED,
 *   naming what would allow it, if the secret does not go to this host.
 */
export function readSecret(places: SecretPlaces, name: string, callee: Callee): string {
  if (!SECRET_NAME.test(name)) {
    throw new LyceumError('INVALID_ARGUMENT', `${JSON.stringify(name)} is no secret's name`);
  }
  const { folder } = places;
  const text = textAt(places, name, variableOf(VARIABLE_PREFIX, name));
  if (text === undefined) {
    const file = folder === undefined ? '' : `a file ${name} in ${folder}, or `;
    const message = `there is no secret ${name}: want ${file}the environment variable ${variableOf(VARIABLE_PREFIX, name)}`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  requireBound(places, name, callee);
  return text.replace(/[\r\n]+$/, '');
}

/** The error does not list the hosts: they are the operator's, and the document's author may be another person. */
function requireBound(places: SecretPlaces, name: string, callee: Callee): void {
  const { folder, unboundGo } = places;
  const variable = variableOf(HOSTS_VARIABLE_PREFIX, name);
  const text = textAt(places, `${name}${HOSTS_FILE_SUFFIX}`, variable);
  if (text === undefined && unboundGo === 'anywhere') return;
  // A comment ends with its line, not at a comma.
  const lines = (text ?? '').split(/[\r\n]+/).map((line) => line.replace(/#.*$/, ''));
  const parts = lines.flatMap((line) => line.split(',')).map((part) => part.trim());
  for (const line of parts.filter((own) => own !== '')) {
    const pattern = parseHostPattern(line);
    if (pattern === undefined) {
      const message = `the list of hosts of the secret ${name} has a line that is no host; want HOST, *.DOMAIN, HOST:PORT or https://HOST`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    if (matchesHost(pattern, callee)) return;
  }
  const { host } = callee;
  const line = host.includes(':') ? `[${host}]` : host;
  const file =
    folder === undefined
      ? ''
      : `a file ${name}${HOSTS_FILE_SUFFIX} in ${folder} with the line ${line}, or `;
  const message = `the secret ${name} is not sent to ${host}, which is not in the secret's list of hosts; ${file}${variable}=${line} adds it`;
  throw new LyceumError('PERMISSION_DENIED', message);
}

function variableOf(prefix: string, name: string): string {
  return `${prefix}${name.toUpperCase().replaceAll('-', '_')}`;
}

/** Undefined: there is neither such a file nor such a variable. */
function textAt({ folder, variables }: SecretPlaces, file: string, variable: string) {
  return (folder === undefined ? undefined : fileText(join(folder, file))) ?? variables[variable];
}

/** Undefined: there is no such file. */
function fileText(file: string): string | undefined {
  const shown = `the secret's file ${file}`;
  return readGivenIfThere(file, SECRET_MAX_BYTES, 'FAILED_PRECONDITION', shown)?.toString();
}
