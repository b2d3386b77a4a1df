/**
 * `versitygw`, the S3 server of tests and benches: built by Go into the cache. Prints the server's path; ends with 1
 * and the reason if there is no Go, or if the server's sources cannot be fetched.
 *
 * Not a part of set-up: it takes some minutes, and only tests with S3 need it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { holdingCache, install } from './cache.mjs';
import { findOnPath, runTool, ToolError } from './child.mjs';
import { orExit } from './command.mjs';
import { VERSITYGW } from './pins.mjs';
import { cacheRoot } from './places.mjs';
import { say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';

const TOPIC = 's3';
/** Room for the sources, the compiler's cache, and 85 MB of program. */
const SPACE_BYTES = 1_500_000_000;

await orExit(async (signal) => {
  process.stdout.write(`${await versitygw(cacheRoot(process.env), signal)}\n`);
});

/** @param {string} cache @param {AbortSignal} signal @returns {Promise<string>} */
async function versitygw(cache, signal) {
  const target = join(cache, 'versitygw', VERSITYGW.version, 'versitygw');
  if (existsSync(target)) return target;
  await holdingCache(cache, signal, async () => {
    if (!existsSync(target)) await build(cache, target, signal);
  });
  return target;
}

/** @param {string} cache @param {string} target @param {AbortSignal} signal */
async function build(cache, target, signal) {
  const go = findOnPath('go');
  if (go === undefined) throw lack('there is no go on PATH');
  say(TOPIC, `building versitygw ${VERSITYGW.version} with Go (some minutes)`);
  await install({ cache, target, needsBytes: SPACE_BYTES }, async (scratch) => {
    // Go's checksum database confirms that the sources are the published ones. `local`: no other Go is fetched.
    const env = { GOBIN: scratch, GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false' };
    const wanted = `${VERSITYGW.module}@${VERSITYGW.version}`;
    try {
      await runTool(go, ['install', wanted], { cwd: scratch, signal, env });
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      throw lack(`go cannot build it: ${error.output.trim().split('\n').at(-1) ?? ''}`, error);
    }
    return join(scratch, 'versitygw');
  });
}

/** @param {string} reason @param {unknown} [cause] */
function lack(reason, cause) {
  return new SetupError(`there is no versitygw: ${reason}`, {
    remedy: 'install Go 1.25 or newer; without versitygw, tests use the Python package moto',
    cause,
  });
}
