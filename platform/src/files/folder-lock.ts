/**
 * One process at a time writes below a state folder.
 *
 * The lock is the kernel's, flock(2), on the file `lock` in the folder. It ends with the last process that has the
 * file open, however that process ends: no stale lock is left to judge, no clock and no process id is trusted, and two
 * programs that start at the same moment cannot both have the lock. A stopped process keeps it. The lock is on the
 * file and not on its path, so it works through every mount of one machine; NFS keeps it between machines.
 *
 * Node cannot call flock(2). The command `flock` (util-linux, busybox) can, on a file that it inherits: the lock
 * belongs to the open file description, which this process keeps. *Alternatives*: a native package, which has to be
 * built; a Unix socket in the folder, whose path is limited to 108 bytes and whose stale file two processes may remove
 * at once; a file with a process id, which means nothing in another container.
 *
 * A process that is started with {@link FolderLock.fd} among its files holds the lock too, until it ends.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { sleep } from '../pacing/index.js';
import { withPath } from './file-errors.js';
import { makeFolder } from './make-folder.js';

const FILE = 'lock';

/** A killed process is gone within this time; if the lock is still held then, its holder lives. */
const DYING_MS = 2_000;

/**
 * Within this time the guard of a local cluster has ended the processes that a killed `coordinator up` left behind.
 */
const LEFT_BEHIND_MS = 15_000;

const LOOK_EVERY_MS = 100;

/** What `flock -n` ends with if another process has the lock. */
const TAKEN = 1;

/** The descriptor that `flock` inherits. */
const INHERITED_FD = 3;

export interface FolderLock {
  /** The lock's file. A child process inherits it, and so the lock, only if it is named in `stdio`. */
  readonly fd: number;
  /** Writes into the lock's file who holds the lock, for people to read. */
  tell(holder: LockHolder): void;
  /** This process lets go. Idempotent. */
  release(): void;
}

interface LockHolder {
  /** `coordinator up`, `student worker`. */
  readonly program: string;
  readonly pid: number;
}

/**
 * Takes the folder for this process, and makes it if it is not there.
 *
 * @param say - called once if this waits for processes that a killed holder left behind.
 * @throws {LyceumError} FAILED_PRECONDITION, naming the holder, if another process has the lock; INVALID_ARGUMENT if
 *   the cannot be written.
 */
export async function lockFolder(
  folder: string,
  program: string,
  say: (line: string) => void = () => undefined,
): Promise<FolderLock> {
  const file = join(folder, FILE);
  const fd = await openLock(folder, file);
  try {
    for (let waitedMs = 0; !tryLock(fd, folder); waitedMs += LOOK_EVERY_MS) {
      const holder = holderIn(file);
      if (waitedMs >= (isGone(holder) ? LEFT_BEHIND_MS : DYING_MS)) throw inUse(folder, holder);
      if (waitedMs === DYING_MS) {
        say(`waiting for the end of processes left behind in ${folder} by ${inWords(holder)}`);
      }
      await sleep(LOOK_EVERY_MS);
    }
  } catch (err) {
    closeSync(fd);
    throw err;
  }
  let isHeld = true;
  const tell = (holder: LockHolder): void => {
    const text = JSON.stringify({ ...holder, host: hostname(), since: new Date().toISOString() });
    try {
      ftruncateSync(fd);
      writeSync(fd, `${text}\n`, 0);
    } catch {
      // On a full disk the holder's name is not written; the lock holds all the same.
    }
  };
  tell({ program, pid: process.pid });
  return {
    fd,
    tell,
    release: () => {
      if (isHeld) closeSync(fd);
      isHeld = false;
    },
  };
}

async function openLock(folder: string, file: string): Promise<number> {
  const task = 'use the state folder';
  await makeFolder(folder, { task });
  // NFS locks only files that are open for writing.
  return withPath(task, folder, () => openSync(file, 'a+'));
}

/** @returns whether this process has the lock now. */
function tryLock(fd: number, folder: string): boolean {
  const { status, error, stderr } = spawnSync('flock', ['-n', String(INHERITED_FD)], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
  });
  if (status === 0) return true;
  if (status === TAKEN) return false;
  const why =
    error === undefined
      ? `${String(stderr).trim()}; name a folder on a file system that has locks`
      : `there is no command flock (${error.message}); it is part of util-linux`;
  throw new LyceumError('FAILED_PRECONDITION', `cannot lock the state folder ${folder}: ${why}`);
}

function inUse(folder: string, holder: Holder | undefined): LyceumError {
  return new LyceumError(
    'FAILED_PRECONDITION',
    `the state folder ${folder} is in use by ${inWords(holder)}. End that first, or name another folder (--state-dir)`,
  );
}

interface Holder extends LockHolder {
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

/** Undefined: the holder has not written its name yet. */
function holderIn(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function inWords(holder: Holder | undefined): string {
  if (holder === undefined) return 'another process';
  const { program, pid, host, since } = holder;
  const stopped = stateOf(holder) === 'T' ? ', stopped by a signal' : '';
  return `${program}, process ${pid} on ${host}, since ${since}${stopped}`;
}

/** Whether the named holder ran on this machine and has ended: then a process that it started still has the lock. */
function isGone(holder: Holder | undefined): boolean {
  return holder?.host === hostname() && stateOf(holder) === undefined;
}

/** State letter of the holder's process, as in proc_pid_stat(5); undefined: no such process on this machine. */
function stateOf({ host, pid }: Holder): string | undefined {
  if (host !== hostname()) return undefined;
  try {
    const state = /\) (\S) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    return state === 'Z' ? undefined : state;
  } catch {
    return undefined;
  }
}
