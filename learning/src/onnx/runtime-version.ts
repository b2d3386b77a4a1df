import { createRequire } from 'node:module';

/**
 * `1.26.0`, the version of the npm package, and so of the CUDA provider that set-up places beside it. Loads no runtime.
 */
export function onnxRuntimeVersion(): string {
  const own = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
    version: string;
  };
  return own.version;
}
