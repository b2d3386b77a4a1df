/** Symbolic links that are replaced in one step, so that no program finds a link missing. */
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

/** @param {string} link @returns {string | undefined} where the link leads; undefined: it is no link, or absent */
export function linkTarget(link) {
  const stat = lstatSync(link, { throwIfNoEntry: false });
  return stat?.isSymbolicLink() ? readlinkSync(link) : undefined;
}
