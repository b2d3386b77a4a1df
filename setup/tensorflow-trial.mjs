/** Tries TensorFlow's addon in a process of its own: loads it and multiplies two matrices. */
import { join } from 'node:path';
import { runTool } from './child.mjs';

const PROGRAM = `
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
  const tf = require('@tensorflow/tfjs-node-gpu');
  const product = tf.matMul([[1, 2], [3, 4]], [[5], [6]]).dataSync();
  const isRight = tf.getBackend() === 'tensorflow' && product.join() === '17,39';
  const isThere = process.argv[1] !== 'gpu' || tf.backend().isUsingGpuDevice;
  process.exit(isRight && isThere ? 0 : 1);
`;

/**
 * @param {object} options
 * @param {string} options.checkout
 * @param {AbortSignal} options.signal
 * @param {'any' | 'gpu'} options.device the device that must multiply
 * @param {NodeJS.ProcessEnv} [options.env] added to this process's environment
 * @throws {import('./child.mjs').ToolError} with TensorFlow's output, if the addon does not load, multiplies wrongly,
 *   or uses another device
 */
export async function tryTensorFlow({ checkout, signal, device, env }) {
  await runTool(process.execPath, ['-e', PROGRAM, device], {
    cwd: join(checkout, 'learning'),
    signal,
    env: { TF_CPP_MIN_LOG_LEVEL: '3', ...env },
  });
}
