/** Chromium, which only the browser tests need. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} `LYCEUM_CHROMIUM`, else the first Chromium on PATH.
 */
export function findChromium({ LYCEUM_CHROMIUM, PATH = '' }) {
  if (LYCEUM_CHROMIUM !== undefined && LYCEUM_CHROMIUM !== '') return LYCEUM_CHROMIUM;
  return PATH.split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(isProgram);
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
