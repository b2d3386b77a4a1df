/** Compiles the kernels in AssemblyScript (`learning/wasm/*.ts`) to WebAssembly (`learning/dist/wasm/*.wasm`). */
import { readdirSync } from 'node:fs';
import { join, parse } from 'node:path';

/**
 * The arguments of `asc`, one call for each kernel. Files in subfolders are no kernels: kernels import them.
 *
 * @param {string} learning the workspace's folder
 * @returns {{ wasm: string, args: string[] }[]}
 */
export function kernelBuilds(learning) {
  const folder = join(learning, 'wasm');
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  return sources.map((source) => {
    const wasm = join(learning, 'dist/wasm', `${parse(source).name}.wasm`);
    const output = ['--outFile', wasm, '--runtime', 'stub', '--noAssert', '--importMemory'];
    const speed = ['-O3', '--converge', '--enable', 'simd', '--disable', 'bulk-memory'];
    return { wasm, args: [join(folder, source), ...output, ...speed] };
  });
}
