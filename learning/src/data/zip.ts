/**
 * Zip archives as this system keeps them: a few members, all in memory, and bytes that depend on content only.
 *
 * A reader checks what an archive says of itself against limits before it inflates anything, so that a small
 * file cannot claim all memory (a "zip bomb"); a member that inflates to another size than it said is refused.
 */
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { unzipSync, type Zippable, zipSync } from 'fflate';

export interface ZipLimits {
  readonly maxMembers: number;
  /** All members together, after inflating. */
  readonly maxBytes: number;
}

/** Archives carry no other time than this, the first that the format knows. Noon exists in every time zone. */
export const MEMBER_TIME = new Date(1980, 0, 1, 12);

/** @returns the archive's bytes: members stored, sorted by name, with one fixed time. */
export function writeZip(members: ReadonlyMap<string, Uint8Array>): Buffer {
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1));
  const zippable: Zippable = Object.fromEntries(sorted);
  const bytes = zipSync(zippable, { level: 0, mtime: MEMBER_TIME, os: 0, attrs: 0 });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * @param what - what the archive is, for messages.
 * @returns the members by name, folders left out.
 * @throws {LyceumError} INVALID_ARGUMENT if it is no archive, is damaged or is greater than the limits.
 */
export function readZip(
  bytes: Uint8Array,
  limits: ZipLimits,
  what: string,
): Map<string, Uint8Array> {
  const sizes = new Map<string, number>();
  let total = 0;
  const admit = (member: { name: string; originalSize: number }): boolean => {
    if (member.name.endsWith('/')) return false;
    if (sizes.has(member.name)) throw refusal(`${what}: has two members named ${member.name}`);
    sizes.set(member.name, member.originalSize);
    total += member.originalSize;
    if (sizes.size > limits.maxMembers) {
      throw refusal(`${what}: has more than ${limits.maxMembers} members`);
    }
    if (!(total <= limits.maxBytes)) {
      throw refusal(
        `${what}: unpacks to ${total} bytes or more; at most ${limits.maxBytes} are read`,
      );
    }
    return true;
  };
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, { filter: admit });
  } catch (err) {
    if (err instanceof LyceumError) throw err;
    const message = `${what}: not a zip archive, or a damaged one (${toLyceumError(err).message})`;
    throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
  }
  const members = new Map(Object.entries(files));
  for (const [name, size] of sizes) {
    const got = members.get(name)?.length;
    if (got !== size)
      throw refusal(`${what}: ${name} should have ${size} bytes, and has ${got ?? 0}`);
  }
  return members;
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
