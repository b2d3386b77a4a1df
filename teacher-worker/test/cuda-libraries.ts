/**
 * The libraries that ONNX Runtime's CUDA provider is linked with, as far as a machine without a GPU needs them: CUDA's
 * own runtime from PyPI. The others take gigabytes; in their place are libraries with the same names and functions,
 * which are never called on such a machine.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PINS = new URL('../../setup/cuda-libraries.txt', import.meta.url);
const RUNTIME = /^nvidia-cuda-runtime-cu12==[^\n]*\\\n.*$/m;

/** NVIDIA's libraries without the runtime. */
const HEAVY = /^lib(cublas|cublasLt|cufft|curand|cudnn)\.so/;

/** @returns the folders for `LD_LIBRARY_PATH`. */
export function placeCudaLibraries(provider: string, folder: string): string[] {
  const pin = RUNTIME.exec(readFileSync(PINS, 'utf8'))?.[0] ?? '';
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, pin);
  const target = join(folder, 'runtime');
  const where = ['--no-cache-dir', '--disable-pip-version-check', '--quiet', '--target', target];
  const install = ['-m', 'pip', 'install', '--no-deps', '--require-hashes', ...where];
  execFileSync('python3', [...install, '-r', requirements], { stdio: 'ignore' });
  const functions = functionsOf(provider);
  for (const name of neededBy(provider).filter((one) => HEAVY.test(one))) {
    const script = join(folder, `${name}.map`);
    writeFileSync(script, `${name} { global: *; };`);
    const args = ['-shared', '-fPIC', '-nostdlib', '-x', 'c++', '-', '-o', join(folder, name)];
    const linked = [`-Wl,-soname,${name}`, `-Wl,--version-script,${script}`];
    const bodies = functions
      .filter(({ of }) => of === name)
      .map((own) => `int ${own.name}() { return 999; }`);
    execFileSync('g++', [...args, ...linked], { input: `extern "C" { ${bodies.join(' ')} }` });
  }
  return [
    folder,
    ...readdirSync(join(target, 'nvidia')).map((one) => join(target, 'nvidia', one, 'lib')),
  ];
}

function neededBy(library: string): string[] {
  const text = execFileSync('readelf', ['-W', '-d', library], { encoding: 'utf8' });
  return [...text.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name = '']) => name);
}

/** Functions of other libraries that it calls, each with its version, which NVIDIA calls by the library's name. */
function functionsOf(library: string): { name: string; of: string }[] {
  const command = ['-W', '--dyn-syms', library];
  const text = execFileSync('readelf', command, { encoding: 'utf8', maxBuffer: 2 ** 30 });
  return [...text.matchAll(/ UND (\w+)@(\S+)/g)].map(([, name = '', of = '']) => ({ name, of }));
}
