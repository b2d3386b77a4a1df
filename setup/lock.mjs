/**
 * A lock between processes: a file that names its owner.
 *
 * The file appears complete (written aside, then hard-linked), so every process that finds it can read the owner. A
 * dead owner's lock is taken over. An owner on this machine and in this container is dead if no process has its id and
 * start time. An owner elsewhere (a shared cache) is dead if it has not touched the file for {@link SILENT_MS}.
 *
 * Only one process may take over from a given dead owner: the claim is again a hard link, named after that owner.
 * Otherwise, two processes that saw the same dead owner could each remove the other's new lock.
 */
import { randomUUID } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 250;
const HEARTBEAT_MS = 5_000;
/**
 * Time after which a silent owner is dead. Twelve missed heartbeats: longer than any pause of a machine that still
 * works.
 */
const SILENT_MS = 60_000;
/**
 * Time after which a claim is void. A claim lives for microseconds; an old claim belongs to a process that died before
 * it could remove the claim.
 */
const CLAIM_MS = 10_000;
const REPEAT_NOTICE_MS = 30_000;

/**
 * @typedef {object} Owner
 * @property {string} id
 * @property {number} pid
 * @property {string} host the machine and its process namespace: where `pid` means something
 * @property {string} started the process's start time, since ids are reused
 */

/**
 * Runs `work` while holding the lock. While it waits for another owner, `onWait` gets a message that names the owner.
 *
 * @template T
 * @param {string} path the lock's file; its folder is made
 * @param {{ signal: AbortSignal, onWait: (text: string) => void }} options
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, { signal, onWait }, work) {
  mkdirSync(dirname(path), { recursive: true });
  const owner = self();
  let noticedAt = Number.NEGATIVE_INFINITY;
  while (!create(path, owner)) {
    const holder = read(path);
    if (holder === undefined) continue;
    if (isDead(path, holder)) {
      takeOver(path, holder);
      continue;
    }
    if (performance.now() - noticedAt >= REPEAT_NOTICE_MS) {
      noticedAt = performance.now();
      onWait(`waiting for another set-up (process ${holder.pid}, ${path})`);
    }
    await sleep(POLL_MS, undefined, { signal });
  }
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if (read(path)?.id === owner.id) rmSync(path, { force: true });
  }
}

/** @returns {Owner} */
function self() {
  return {
    id: randomUUID(),
    pid: process.pid,
    host: here(),
    started: startTime(process.pid) ?? '',
  };
}

/** @param {string} path @param {Owner} owner @returns {boolean} false if the lock exists already */
function create(path, owner) {
  const aside = `${path}.${owner.id}`;
  writeFileSync(aside, JSON.stringify(owner));
  try {
    linkSync(aside, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @param {string} path @returns {Owner | undefined} */
function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** @param {string} path @param {Owner} owner */
function isDead(path, owner) {
  if (owner.host !== here()) return ageMs(path, 'mtimeMs') > SILENT_MS;
  return startTime(owner.pid) !== owner.started;
}

/** @param {string} path @param {Owner} dead */
function takeOver(path, dead) {
  const claim = `${path}.claim-${dead.id}`;
  try {
    linkSync(path, claim);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return;
    if (code !== 'EEXIST') throw error;
    if (ageMs(claim, 'ctimeMs') > CLAIM_MS) rmSync(claim, { force: true });
    return;
  }
  try {
    // The claim may be a link to a newer owner's lock: the lock is removed only if it is still the dead owner's.
    if (read(claim)?.id === dead.id) unlinkSync(path);
  } finally {
    rmSync(claim, { force: true });
  }
}

function here() {
  return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
}

/**
 * Field 22 of /proc/PID/stat: clock ticks from boot to the start of the process.
 * The name in field 2 may hold spaces and brackets: fields are counted from the last bracket.
 *
 * @param {number} pid
 * @returns {string | undefined} undefined if there is no such process, or only its zombie
 */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/**
 * @param {string} path
 * @param {'mtimeMs' | 'ctimeMs'} time `mtimeMs`: age since the last heartbeat; `ctimeMs`: since the last link was made
 */
function ageMs(path, time) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 0 : Date.now() - stat[time];
}

/** @param {string} path */
function touch(path) {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // The file is gone: another process took the lock. The end of `withLock` then removes nothing of another owner.
  }
}

/** @param {unknown} error */
function errorCode(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
