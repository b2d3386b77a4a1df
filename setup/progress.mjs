/** Progress lines. All go to stderr: stdout belongs to the program that runs after set-up. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const REPORT_EVERY_MS = 3_000;

/**
 * @param {string} topic the part of set-up that speaks: `engine`, `data`, …
 * @param {string} text
 */
export function say(topic, text) {
  process.stderr.write(`lyceum: ${topic}: ${text}\n`);
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}

/**
 * Prints every few seconds how many bytes have arrived in a folder while `work` fills it.
 *
 * @template T
 * @param {{ topic: string, doing: string, folder: string, totalBytes: number }} what
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function watchingFolder({ topic, doing, folder, totalBytes }, work) {
  say(topic, `${doing} (${megabytes(totalBytes)})`);
  const timer = setInterval(() => {
    const bytes = Math.min(folderBytes(folder), totalBytes);
    say(topic, `${doing}: ${megabytes(bytes)} of ${megabytes(totalBytes)}`);
  }, REPORT_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Bytes of all files in a folder. Files may vanish meanwhile. @param {string} folder @returns {number} */
function folderBytes(folder) {
  let bytes = 0;
  try {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const stat = statSync(join(folder, name), { throwIfNoEntry: false });
      if (stat?.isFile()) bytes += stat.size;
    }
  } catch {
    return bytes;
  }
  return bytes;
}
