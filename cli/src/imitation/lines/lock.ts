/** Lets one process at a time write a file: two processes would pay for the same answers twice. */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, withPath } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';

/** An empty lock is waited for: its process is about to write its id. If it stays empty, a killed process left it. */
const EMPTY_TRIES = 10;
const EMPTY_MS = 50;

/**
 * Takes the lock of a file. A lock does not count if its process is gone, or if it has this process's own id: in a
 * container an earlier process had the same id.
 *
 * @throws {LyceumError} FAILED_PRECONDITION while another process holds the lock.
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

/** @returns the id of the lock's process; 0: no id, or no lock. */
async function holderOf(lock: string): Promise<number> {
  for (let tries = 0; tries < EMPTY_TRIES; tries++) {
    const text = await readFile(lock, 'utf8').catch(() => undefined);
    if (text !== '') return Number(text) || 0;
    await delay(EMPTY_MS);
  }
  return 0;
}

/** Removes the lock of `holder`; if another process has replaced it meanwhile, puts that lock back and throws. */
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
