/**
 * Which worker a call comes from. A worker's process makes a key at its start and keeps it only in memory. Its hello
 * tells the key to the coordinator, and its other calls carry it, so that no other process can speak for the worker.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type * as grpc from '@grpc/grpc-js';
import { SESSION_KEY_BYTES, sha256Hex } from '@lyceum/proto';

/** What a worker's process sends to identify itself. */
export interface SessionCredentials {
  readonly workerId: string;
  readonly sessionKey: Buffer;
}

/** What the coordinator keeps of the key: nobody can speak for the worker with the digest alone. */
export interface SessionHolder {
  readonly workerId: string;
  /** SHA-256 of the key, hex. */
  readonly sessionKeyDigest: string;
}

const WORKER_ID_HEADER = 'lyceum-worker-id';
const SESSION_KEY_HEADER = 'lyceum-session-key';

export function newSessionKey(): Buffer {
  return randomBytes(SESSION_KEY_BYTES);
}

/** Headers for a worker's calls outside its session. */
export function sessionHeaders({
  workerId,
  sessionKey,
}: SessionCredentials): Readonly<Record<string, string>> {
  return { [WORKER_ID_HEADER]: workerId, [SESSION_KEY_HEADER]: sessionKey.toString('hex') };
}

/** The worker that a call says it comes from; undefined: its metadata names none. */
export function sessionHolderIn(metadata: grpc.Metadata): SessionHolder | undefined {
  const [workerId] = metadata.get(WORKER_ID_HEADER);
  const [hex] = metadata.get(SESSION_KEY_HEADER);
  if (typeof workerId !== 'string' || typeof hex !== 'string') return undefined;
  const sessionKey = Buffer.from(hex, 'hex');
  if (sessionKey.length !== SESSION_KEY_BYTES || hex.length !== 2 * SESSION_KEY_BYTES) {
    return undefined;
  }
  return { workerId, sessionKeyDigest: sha256Hex(sessionKey) };
}

/** Whether both are the same process. Takes the same time wherever the digests differ. */
export function isSameProcess(a: SessionHolder, b: SessionHolder): boolean {
  const [one, other] = [a, b].map(({ sessionKeyDigest }) => Buffer.from(sessionKeyDigest, 'hex'));
  if (one === undefined || other === undefined || one.length !== other.length) return false;
  return timingSafeEqual(one, other) && a.workerId === b.workerId;
}
