/** Lets one process at a time write into a file: two would pay twice. */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, withPath } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';

/** A lock that says nothing is about to say whose it is. One that still does not was left by a kill. */
const EMPTY_TRIES = 10;
const EMPTY_MS = 50;

/**
 * The lock of a process that is gone counts for nothing; nor does one of this process's own number, which in a container is
 * that of the process before.
 *
 * @throws {LyceumError} FAILED_PRECONDITION while another process holds it.
 */
export async function takeLock(path: string): Promise<void> {
  const lock = lockOf(path);
  for (let tries = 0; tries < 2; tries++) {
    if (await isMade(lock)) return;
    const holder = await holderOf(lock);
    if (holder > 0 && holder !== process.pid && isAlive(holder)) throw heldBy(holder, path);
    await removeStale(lock, holder, path);
  }
  throw new LyceumError('FAILED_PRECONDITION', `another process has just begun to write ${path}`);
}

export async function releaseLock(path: string): Promise<void> {
  await rm(lockOf(path), { force: true });
}

function lockOf(path: string): string {
  return `${path}.lock`;
}

async function isMade(lock: string): Promise<boolean> {
  return withPath('write', lock, async () => {
    try {
      const file = await open(lock, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return true;
    } catch (err) {
      if (errnoOf(err) === 'EEXIST') return false;
      throw err;
    }
  });
}

/** @returns the process' id; 0: none. */
async function holderOf(lock: string): Promise<number> {
  for (let tries = 0; tries < EMPTY_TRIES; tries++) {
    const text = await readFile(lock, 'utf8').catch(() => undefined);
    if (text !== '') return Number(text) || 0;
    await delay(EMPTY_MS);
  }
  return 0;
}

/** Another process may have removed it meanwhile, and made its own. */
async function removeStale(lock: string, holder: number, path: string): Promise<void> {
  const aside = `${lock}.${process.pid}`;
  try {
    await rename(lock, aside);
  } catch (err) {
    if (errnoOf(err) === 'ENOENT') return;
    throw err;
  }
  const found = await holderOf(aside);
  if (found === holder) return rm(aside, { force: true });
  await rename(aside, lock);
  throw heldBy(found, path);
}

function heldBy(holder: number, path: string): LyceumError {
  const message = `process ${holder} is writing into ${path}; wait for it, or end it`;
  return new LyceumError('FAILED_PRECONDITION', message);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (err) {
    return errnoOf(err) === 'EPERM';
  }
}
