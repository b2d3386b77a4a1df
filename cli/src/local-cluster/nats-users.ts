/**
 * The users of a local cluster's NATS: one for each role, made once, in files that only their owner can read. Workers
 * that are started by hand, and people with NATS's own tools, take a user from these files.
 */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { chmod, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, withPath } from '@lyceum/platform';
import { type NatsCredentials, natsCredentialsIn } from '@lyceum/platform/nats';
import { LyceumError, NATS_ROLES, type NatsRole, toLyceumError } from '@lyceum/proto';

/** Random bytes of a password: too many to guess. */
const PASSWORD_BYTES = 32;

export interface NatsUser {
  /** File with the credentials, which a program reads. */
  readonly file: string;
  readonly credentials: NatsCredentials;
}

/**
 * Reads the users in `folder`, and makes the missing ones.
 *
 * @throws {LyceumError} INVALID_ARGUMENT naming a damaged file, which the user should remove for a new one.
 */
export async function natsUsersIn(folder: string): Promise<Readonly<Record<NatsRole, NatsUser>>> {
  await makeFolder(folder, { mode: 0o700 });
  const users: Partial<Record<NatsRole, NatsUser>> = {};
  // One after another: when an error about a damaged file is thrown, no other file is still being written.
  for (const role of NATS_ROLES) users[role] = await userIn(folder, role);
  return users as Record<NatsRole, NatsUser>;
}

async function userIn(folder: string, role: NatsRole): Promise<NatsUser> {
  const file = path.join(folder, `${role}.json`);
  // An empty file is left from a start that was cut short: it is written anew.
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0) {
    const password = randomBytes(PASSWORD_BYTES).toString('base64url');
    const text = `${JSON.stringify({ user: role, password })}\n`;
    await withPath('write', file, async () => {
      await writeFile(`${file}.part`, text, { mode: 0o600 });
      await rename(`${file}.part`, file);
    });
  } else await withPath('write', file, () => chmod(file, 0o600));
  return { file, credentials: credentialsOf(role, file) };
}

function credentialsOf(role: NatsRole, file: string): NatsCredentials {
  let why = `${file} has another user than ${role}`;
  try {
    const credentials = natsCredentialsIn(file);
    if (credentials?.user === role) return credentials;
  } catch (thrown) {
    why = toLyceumError(thrown).message;
  }
  throw new LyceumError('INVALID_ARGUMENT', `${why}; remove it for a new one`);
}
