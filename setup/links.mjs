/** Symbolic links that are placed at once, so that no program sees them half made. */
import { lstatSync, mkdirSync, readlinkSync, renameSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';

/** @param {string} link @param {string} target */
export function placeLink(link, target) {
  if (linkTarget(link) === target) return;
  mkdirSync(dirname(link), { recursive: true });
  const aside = `${link}.${process.pid}`;
  symlinkSync(target, aside);
  renameSync(aside, link);
}

/** @param {string} link @returns {string | undefined} where it leads; undefined: it is no link, or not there */
export function linkTarget(link) {
  const stat = lstatSync(link, { throwIfNoEntry: false });
  return stat?.isSymbolicLink() ? readlinkSync(link) : undefined;
}
