/**
 * The users of a local cluster's NATS: one for each role, made once, in files that their owner alone reads. Workers
 * that are started by hand, and people who look into NATS with its tools, take a user from there.
 */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { chmod, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, withPath } from '@lyceum/platform';
import { type NatsCredentials, natsCredentialsIn } from '@lyceum/platform/nats';
import { LyceumError, NATS_ROLES, type NatsRole, toLyceumError } from '@lyceum/proto';

/** Bytes of a password: so many cannot be guessed. */
const PASSWORD_BYTES = 32;

export interface NatsUser {
  /** Has the credentials; what a program is told. */
  readonly file: string;
  readonly credentials: NatsCredentials;
}

/**
 * The users in `folder`; those that are not there are made.
 *
 * @throws {LyceumError} INVALID_ARGUMENT, naming the file, if one is damaged: remove it for a new one.
 */
export async function natsUsersIn(folder: string): Promise<Readonly<Record<NatsRole, NatsUser>>> {
  await makeFolder(folder, { mode: 0o700 });
  const users: Partial<Record<NatsRole, NatsUser>> = {};
  // In turn: none is still being written once a damaged one is told.
  for (const role of NATS_ROLES) users[role] = await userIn(folder, role);
  return users as Record<NatsRole, NatsUser>;
}

async function userIn(folder: string, role: NatsRole): Promise<NatsUser> {
  const file = path.join(folder, `${role}.json`);
  // An empty one was never written.
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
