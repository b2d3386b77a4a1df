/**
 * Set-up as a whole: packages, native engine, ONNX's CUDA provider, nats-server, data, build, in this order, each only
 * if it is missing. If nothing is missing, set-up takes some tens of milliseconds and starts no process.
 */
import { setUpBuild } from './build.mjs';
import { setUpData } from './data.mjs';
import { engineRecord, setUpEngine } from './engine.mjs';
import { setUpNatsServer } from './nats-server.mjs';
import { setUpOnnxCuda } from './onnx-cuda.mjs';
import { setUpPackages } from './packages.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * @typedef {object} SetUpOptions
 * @property {string} checkout
 * @property {string} cache
 * @property {string | undefined} accelerator see engine.mjs; undefined: the last set-up's accelerator, else `cpu`
 * @property {readonly import('./data.mjs').DataName[]} data
 * @property {boolean} insist try to set up the native engine, even if that failed a moment ago
 * @property {AbortSignal} signal
 */

/**
 * @param {SetUpOptions} options
 * @returns {Promise<import('./engine.mjs').EngineRecord>}
 * @throws {SetupError}
 */
export async function setUp({ checkout, cache, data, insist, signal, ...wanted }) {
  // Read the record first: it is in node_modules, which a new installation of packages removes.
  const accelerator = wanted.accelerator ?? engineRecord(checkout)?.accelerator ?? 'cpu';
  await setUpPackages({ checkout, signal });
  const engine = await setUpEngine({ checkout, cache, accelerator, insist, signal });
  await setUpOnnxCuda({ checkout, cache, accelerator, signal });
  await setUpNatsServer({ cache, signal });
  await setUpData(data, { cache, signal });
  await setUpBuild({ checkout, signal });
  return engine;
}

const NODE_AT_LEAST = [20, 19];

/** @param {string} version as in `process.versions.node` @throws {SetupError} */
export function assertNodeVersion(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = NODE_AT_LEAST;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  throw new SetupError(`this is Node ${version}, ${NODE_AT_LEAST.join('.')} or newer is needed`, {
    remedy: 'install a current Node.js',
  });
}
