/**
 * NumPy's archive of named arrays, NPZ: a zip of NPY files, `NAME.npy`. Writes plain archives; also reads compressed
 * ones, from users.
 */
import { DATASET_MAX_BYTES } from '@lyceum/proto';
import { readZip, writeZip, type ZipLimits } from '../zip/index.js';
import { type NpyArray, readNpy, writeNpy } from './npy.js';

/** The largest NPZ here is a data set; the one with the most members is a checkpoint, with two members a variable. */
const NPZ_LIMITS: ZipLimits = {
  maxMembers: 16_384,
  maxBytes: DATASET_MAX_BYTES,
  compression: 'refused',
};

/** Limits for a file that the user made and reads on their own machine: `savez_compressed` is allowed too. */
export const FOREIGN_NPZ_LIMITS: ZipLimits = { ...NPZ_LIMITS, compression: 'allowed' };

const ENDING = '.npy';

/** The members of an NPZ that are arrays, by the arrays' names. */
export function arrayMembers<T>(members: ReadonlyMap<string, T>): Map<string, T> {
  const arrays = [...members].filter(([name]) => name.endsWith(ENDING));
  return new Map(arrays.map(([name, member]) => [name.slice(0, -ENDING.length), member]));
}

/**
 * @returns the arrays by name; members that are no arrays are left out.
 * @throws {LyceumError} INVALID_ARGUMENT naming the member that is wrong and the reason.
 */
export function readNpz(
  bytes: Uint8Array,
  what = 'NPZ file',
  limits = NPZ_LIMITS,
): ReadonlyMap<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  for (const [name, member] of arrayMembers(readZip(bytes, limits, what))) {
    arrays.set(name, readNpy(member, `${what}, ${name}`));
  }
  return arrays;
}

/**
 * @param texts - members that are no arrays, by full name: `meta.json`.
 * @returns bytes that depend on the content only.
 */
export function writeNpz(
  arrays: Iterable<readonly [string, NpyArray]>,
  texts: Iterable<readonly [string, string]> = [],
): Buffer {
  const members = new Map<string, Uint8Array>();
  for (const [name, array] of arrays) members.set(name + ENDING, writeNpy(array));
  for (const [name, text] of texts) members.set(name, Buffer.from(text));
  return writeZip(members);
}
