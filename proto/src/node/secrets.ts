/**
 * Secrets that documents may name: tokens and keys for servers that this process calls. A document has their names
 * alone; values are where the operator of the process put them for this purpose, and nowhere else can be named.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LyceumError } from '../errors.js';
import { SECRET_MAX_BYTES } from '../limits.js';
import { SECRET_NAME } from '../secret-name.js';

/** `LYCEUM_SECRET_TRITON_TOKEN` has the secret `triton-token`. */
const VARIABLE_PREFIX = 'LYCEUM_SECRET_';

/** Where secrets are. Plain data: it is handed to threads. */
export interface SecretPlaces {
  /** Has a file named as the secret; a file is read anew each time, since secrets are renewed. Undefined: no folder. */
  readonly folder: string | undefined;
  /** Where no file is. By the variable's whole name. */
  readonly variables: Readonly<Record<string, string>>;
}

/** @param environment - of which only what is meant as a secret is kept. */
export function secretPlaces(
  folder: string | undefined,
  environment: NodeJS.ProcessEnv,
): SecretPlaces {
  const variables = Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith(VARIABLE_PREFIX) && value !== undefined ? [[name, value] as const] : [],
    ),
  );
  return { folder, variables };
}

/**
 * @returns the secret's text, without line ends behind it.
 * @throws {LyceumError} FAILED_PRECONDITION, naming the places, if it is in none of them.
 */
export function readSecret({ folder, variables }: SecretPlaces, name: string): string {
  if (!SECRET_NAME.test(name)) {
    throw new LyceumError('INVALID_ARGUMENT', `${JSON.stringify(name)} is no secret's name`);
  }
  const variable = `${VARIABLE_PREFIX}${name.toUpperCase().replaceAll('-', '_')}`;
  const text =
    (folder === undefined ? undefined : fileText(join(folder, name))) ?? variables[variable];
  if (text !== undefined) return text.replace(/[\r\n]+$/, '');
  const file = folder === undefined ? '' : `a file ${name} in ${folder}, or `;
  const message = `there is no secret ${name}: want ${file}the environment variable ${variable}`;
  throw new LyceumError('FAILED_PRECONDITION', message);
}

/** Undefined: there is no such file. */
function fileText(file: string): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined;
    const message = `the secret's file ${file} cannot be read: ${err instanceof Error ? err.message : String(err)}`;
    throw new LyceumError('FAILED_PRECONDITION', message, { cause: err });
  }
  if (bytes.length <= SECRET_MAX_BYTES) return bytes.toString('utf8');
  const message = `the secret's file ${file} has ${bytes.length} bytes; at most ${SECRET_MAX_BYTES} are read`;
  throw new LyceumError('FAILED_PRECONDITION', message);
}
