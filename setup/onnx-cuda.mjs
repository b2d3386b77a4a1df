/**
 * ONNX Runtime's CUDA provider for {@link https://www.npmjs.com/package/onnxruntime-node onnxruntime-node}. The
 * package's binding can load the provider, but the package does not contain it. Set-up takes the provider's two
 * libraries from PyPI's wheel of the same version, so of the same commit.
 *
 * The cache holds the libraries; node_modules gets links beside the runtime, which looks nowhere else. After `npm ci`
 * has removed the links, set-up puts them back. The libraries need CUDA 12 and cuDNN 9, as TensorFlow's library does.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { holdingCache, install } from './cache.mjs';
import { linkTarget, placeLink } from './links.mjs';
import { ONNX_CUDA } from './pins.mjs';
import { megabytes, say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';
import { fetchWheel, unpackWheel } from './wheel.mjs';

const TOPIC = 'onnx';
const PACKAGE = 'node_modules/onnxruntime-node';
const IN_PACKAGE = `${PACKAGE}/bin/napi-v6/linux/x64`;
const IN_WHEEL = 'onnxruntime/capi';
export const PROVIDER_FILES = [
  'libonnxruntime_providers_shared.so',
  'libonnxruntime_providers_cuda.so',
];

/**
 * @typedef {object} OnnxCudaOptions
 * @property {string} checkout
 * @property {string} cache
 * @property {string} accelerator see engine.mjs; if it is not `cuda`, the provider's links are removed
 * @property {AbortSignal} signal
 * @property {import('./pins.mjs').WheelPin & { unpackedBytes: number }} [pin]
 */

/** @param {OnnxCudaOptions} options @throws {SetupError} */
export async function setUpOnnxCuda({ checkout, cache, accelerator, signal, pin = ONNX_CUDA }) {
  const places = PROVIDER_FILES.map((file) => join(checkout, IN_PACKAGE, file));
  if (accelerator !== 'cuda') {
    for (const link of places) if (linkTarget(link) !== undefined) rmSync(link);
    return;
  }
  requireSameVersion(checkout, pin);
  const folder = join(cache, 'onnx', `${pin.name}-${pin.version}`);
  const files = PROVIDER_FILES.map((file) => join(folder, file));
  if (!files.every((file) => existsSync(file))) {
    await holdingCache(cache, signal, async () => {
      if (!files.every((file) => existsSync(file)))
        await fetchProvider({ cache, folder, pin, signal });
    });
  }
  if (places.every((link, index) => linkTarget(link) === files[index])) return;
  for (const [index, link] of places.entries()) placeLink(link, files[index] ?? '');
  say(TOPIC, `ONNX Runtime ${pin.version} has its CUDA provider`);
}

/** @param {string} checkout @param {import('./pins.mjs').WheelPin} pin */
function requireSameVersion(checkout, pin) {
  const { version } = JSON.parse(readFileSync(join(checkout, PACKAGE, 'package.json'), 'utf8'));
  if (version === pin.version) return;
  throw new SetupError(
    `onnxruntime-node is ${version}, but the CUDA provider is pinned at ${pin.name} ${pin.version}: ` +
      'both must have the same version',
    { remedy: 'let ONNX_CUDA in setup/pins.mjs name the version that package-lock.json names' },
  );
}

/** @param {Required<Pick<OnnxCudaOptions, 'cache' | 'pin' | 'signal'>> & { folder: string }} options */
async function fetchProvider({ cache, folder, pin, signal }) {
  const needsBytes = pin.bytes + pin.unpackedBytes;
  await install({ cache, target: folder, needsBytes }, async (scratch) => {
    const wheel = await fetchWheel(pin, { topic: TOPIC, scratch, signal });
    say(TOPIC, `unpacking ONNX Runtime’s CUDA provider (${megabytes(pin.unpackedBytes)})`);
    const members = PROVIDER_FILES.map((file) => `${IN_WHEEL}/${file}`);
    await unpackWheel(wheel, members, { folder: scratch, signal });
    const made = join(scratch, 'provider');
    mkdirSync(made);
    for (const file of PROVIDER_FILES) {
      renameSync(join(scratch, IN_WHEEL, file), join(made, file));
    }
    return made;
  });
}
