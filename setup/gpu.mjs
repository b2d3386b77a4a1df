/**
 * After a set-up for `cuda`: checks whether TensorFlow uses this machine's GPU. If not, prints TensorFlow's reason and
 * what to do.
 *
 * The user installs NVIDIA's libraries, once for all checkouts: two gigabytes, under a licence of their own.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOnPath, runTool, ToolError } from './child.mjs';
import { say } from './progress.mjs';
import { tryTensorFlow } from './tensorflow-trial.mjs';

const TOPIC = 'engine';
const CUDA_LIBRARIES = fileURLToPath(new URL('cuda-libraries.txt', import.meta.url));

/** With these variables TensorFlow names the libraries that it does not find; otherwise it is silent about them. */
const TALKATIVE = { TF_CPP_MIN_LOG_LEVEL: '0', TF_CPP_VMODULE: 'dso_loader=1' };
const OF_THE_GPU = /cuda|cudnn|gpu|dlopen|dlerror|\.so/i;
const SHOWN_LINES = 20;

/** Time limit of nvidia-smi: loading the driver takes some seconds. */
const DRIVER_PATIENCE_MS = 30_000;

/**
 * @param {{ checkout: string, cache: string, signal: AbortSignal }} options
 * @returns {Promise<{ reason: string, remedy: string } | undefined>} undefined: the GPU is used, or there is none
 */
export async function unusedGpu({ checkout, cache, signal }) {
  const lack = await lackOfGpu(checkout, signal);
  if (lack !== undefined) {
    say(TOPIC, `${lack}: whether TensorFlow uses a GPU was not tried`);
    return undefined;
  }
  try {
    await tryTensorFlow({ checkout, signal, device: 'gpu', env: TALKATIVE });
    say(TOPIC, 'TensorFlow uses the GPU');
    return undefined;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const reason = 'TensorFlow does not use the GPU that nvidia-smi shows';
    const lines = error.output.split('\n').filter((line) => OF_THE_GPU.test(line));
    say(TOPIC, [`${reason}; it says:`, ...lines.slice(-SHOWN_LINES)].join('\n  '));
    const remedy = `install CUDA 12 and cuDNN 9 where TensorFlow looks for them:\n  ${librariesCommand(cache)}`;
    say(TOPIC, `${remedy}\nthen \`npm run setup\``);
    return { reason, remedy };
  }
}

/**
 * Lets programs find the libraries that {@link librariesCommand} installed. TensorFlow finds them by itself. ONNX
 * Runtime's provider asks the system's loader, which reads LD_LIBRARY_PATH only when a process starts. So the workers
 * that a program starts find the libraries, but the program itself may not.
 *
 * @param {string} cache
 * @param {NodeJS.ProcessEnv} env changed
 */
export function showCudaLibraries(cache, env) {
  const nvidia = join(cache, 'engine/nvidia');
  if (!existsSync(nvidia)) return;
  const places = readdirSync(nvidia)
    .map((name) => join(nvidia, name, 'lib'))
    .filter((place) => existsSync(place));
  const own = env['LD_LIBRARY_PATH'];
  env['LD_LIBRARY_PATH'] = [...(own ? [own] : []), ...places].join(':');
}

/**
 * The command that installs NVIDIA's libraries: TensorFlow's library looks in `nvidia` beside its own folder.
 *
 * @param {string} cache
 */
function librariesCommand(cache) {
  const words = ['--target', join(cache, 'engine'), '-r', CUDA_LIBRARIES].map(shellWord);
  return `python3 -m pip install --no-deps --require-hashes ${words.join(' ')}`;
}

/** @param {string} text */
function shellWord(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** @param {string} cwd @param {AbortSignal} signal @returns {Promise<string | undefined>} undefined: there is a GPU */
async function lackOfGpu(cwd, signal) {
  const visible = process.env['CUDA_VISIBLE_DEVICES'];
  if (visible !== undefined && !/^\s*(\d|GPU-|MIG-)/.test(visible)) {
    return `CUDA_VISIBLE_DEVICES=${visible} leaves no GPU`;
  }
  const none = 'nvidia-smi shows no GPU here';
  if (findOnPath('nvidia-smi') === undefined) return none;
  try {
    const list = await runTool('nvidia-smi', ['--list-gpus'], {
      cwd,
      signal,
      patienceMs: DRIVER_PATIENCE_MS,
    });
    return /^GPU \d/m.test(list) ? undefined : none;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return [error.message, error.output.trim()].filter((text) => text !== '').join(': ');
  }
}
