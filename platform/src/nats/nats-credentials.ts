/**
 * A program's user in NATS, in a file: `{"user": "teacher-worker", "password": "…"}`. Not in arguments: every process
 * list shows them.
 */
import { LyceumError } from '@lyceum/proto';
import { z } from 'zod';
import { readGivenFile } from '../files/index.js';

const WHAT = 'credentials for NATS';

const FILE_MAX_BYTES = 64 * 1024;

const natsCredentials = z.strictObject({ user: z.string().min(1), password: z.string().min(1) });

export type NatsCredentials = z.output<typeof natsCredentials>;

/**
 * @param file - absolute or below the working folder; undefined: NATS asks for no user, or the certificate names it.
 * @throws {LyceumError} INVALID_ARGUMENT, naming the file and never what is in it.
 */
export function natsCredentialsIn(file: string | undefined): NatsCredentials | undefined {
  if (file === undefined) return undefined;
  const text = readGivenFile(file, FILE_MAX_BYTES, 'INVALID_ARGUMENT', `${WHAT}: ${file}`);
  try {
    return natsCredentials.parse(JSON.parse(text.toString('utf8')));
  } catch {
    // The parser's own message may quote the password.
    const message = `${WHAT}: ${file} is not {"user": "...", "password": "..."}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
}
