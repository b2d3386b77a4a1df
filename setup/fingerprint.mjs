/**
 * Whether files changed since a stamp was written, by their names, sizes and times. This takes milliseconds; a
 * compiler needs a second to find that nothing changed.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @param {readonly string[]} files absent files count too */
export function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const stat = statSync(file, { throwIfNoEntry: false });
    hash.update(`${file}\0${stat === undefined ? 'absent' : `${stat.mtimeMs} ${stat.size}`}\n`);
  }
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @param {{ want: (name: string) => boolean, skip: readonly string[] }} choice `skip`: folders not entered
 * @returns {string[]} sorted
 */
export function filesUnder(folder, { want, skip }) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        return skip.includes(entry.name) ? [] : filesUnder(path, { want, skip });
      }
      return want(entry.name) ? [path] : [];
    })
    .sort();
}

/** @param {string} stamp @param {string} value */
export function isStamped(stamp, value) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === value;
}

/** @param {string} stamp @param {string} value */
export function writeStamp(stamp, value) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, value);
}
