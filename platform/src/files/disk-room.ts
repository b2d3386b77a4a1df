/** Free room on a disk, checked before a write: data that does not fit is refused at once, not half written. */
import { statfsSync } from 'node:fs';
import { StorageFullError } from '@lyceum/proto';

/** Left alone for what must always be written: records, logs, the store of a NATS on the same disk. */
const DISK_RESERVE_BYTES = 8 * 1024 * 1024;

/** How many bytes this user may still write on the disk of `folder`, which must exist. */
export function availableBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Whether the disk of `folder` takes no more files, however many bytes are free: all its inodes are used. */
export function hasNoMoreFiles(folder: string): boolean {
  const { files, ffree } = statfsSync(folder);
  // Some file systems have no limit of inodes, and report 0.
  return files > 0 && ffree === 0;
}

/**
 * @param what - the data to be written, `run digits`.
 * @throws {StorageFullError} with the folder and both figures, unless there is room for it and the reserve.
 */
export function requireRoom(folder: string, wantedBytes: number, what: string): void {
  if (hasNoMoreFiles(folder)) {
    const message = `no space left on device for ${what}: the disk of ${folder} takes no more files (inodes); remove some there`;
    throw new StorageFullError(message);
  }
  const available = availableBytes(folder);
  const wanted = wantedBytes + DISK_RESERVE_BYTES;
  if (available >= wanted) return;
  throw new StorageFullError(
    `no space left on device for ${what}: ${megabytes(wanted)} MB are wanted on the disk of ${folder}, and ${megabytes(available)} MB are free; make room there`,
  );
}

/** `5,539`. */
function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toLocaleString('en-US');
}
