/**
 * If sources changed: generates the types of the .proto files, compiles all workspaces and the kernels, and bundles
 * the dashboard's page.
 */
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { runTool, ToolError } from './child.mjs';
import { filesUnder, fingerprint, isStamped, writeStamp } from './fingerprint.mjs';
import { holdingCheckout } from './holding-checkout.mjs';
import { kernelBuilds } from './kernels.mjs';
import { placeLink } from './links.mjs';
import { say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';

const TOPIC = 'build';
const NOT_SOURCES = ['dist', 'node_modules', 'test'];

/**
 * @param {{ checkout: string, signal: AbortSignal }} options
 * @throws {SetupError} with the compiler's message
 */
export async function setUpBuild({ checkout, signal }) {
  const stamp = join(checkout, 'node_modules/.lyceum/build');
  const isCurrent = () => isStamped(stamp, sourcesFingerprint(checkout)) && isBuilt(checkout);
  if (isCurrent()) return;
  await holdingCheckout(checkout, signal, async () => {
    if (isCurrent()) return;
    await generate(checkout, signal);
    // The fingerprint is taken before the compiler reads: files that are edited meanwhile are compiled next time.
    const value = sourcesFingerprint(checkout);
    say(TOPIC, 'compiling');
    await runBuilder(checkout, 'tsc', ['-b', '--pretty', 'false'], { cwd: checkout, signal });
    for (const { args } of kernelBuilds(join(checkout, 'learning'))) {
      await runBuilder(checkout, 'asc', args, { cwd: checkout, signal });
    }
    await runBuilder(checkout, 'vite', ['build'], { cwd: join(checkout, 'dashboard'), signal });
    placeCommands(checkout);
    writeStamp(stamp, value);
  });
}

/** @param {string} checkout @param {AbortSignal} signal */
async function generate(checkout, signal) {
  const folder = join(checkout, 'proto');
  const stamp = join(folder, 'src/generated/.stamp');
  const want = (/** @type {string} */ name) => name.endsWith('.proto') || name.startsWith('buf.');
  const value = fingerprint(filesUnder(folder, { want, skip: NOT_SOURCES }));
  if (isStamped(stamp, value)) return;
  say(TOPIC, 'generating types from the .proto files');
  await runBuilder(checkout, 'buf', ['generate'], { cwd: folder, signal });
  writeStamp(stamp, value);
}

/**
 * @param {string} checkout
 * @param {string} tool one of node_modules/.bin
 * @param {readonly string[]} args
 * @param {{ cwd: string, signal: AbortSignal }} options
 */
async function runBuilder(checkout, tool, args, { cwd, signal }) {
  const bin = join(checkout, 'node_modules/.bin');
  const env = { PATH: `${bin}:${process.env['PATH']}` };
  try {
    await runTool(join(bin, tool), args, { cwd, signal, env });
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    throw new SetupError(`${tool} ${args.join(' ')} failed:\n${error.output}`, {
      remedy: 'correct the errors that it names',
      cause: error,
    });
  }
}

/**
 * Makes the workspaces' commands (`npx coordinator`) runnable. npm links a command only if its file exists when npm
 * installs, but the files are built later. The compiler writes them without the permission to run.
 *
 * @param {string} checkout
 */
function placeCommands(checkout) {
  for (const { file, link } of commandsOf(checkout)) {
    chmodSync(file, 0o755);
    if (!existsSync(link)) placeLink(link, relative(dirname(link), file));
  }
}

/** @param {string} checkout @returns {{ file: string, link: string }[]} the commands whose files are built */
function commandsOf(checkout) {
  return workspacesOf(checkout)
    .flatMap((workspace) => {
      const { bin = {} } = readJson(join(checkout, workspace, 'package.json'));
      return Object.entries(bin).map(([name, file]) => ({
        file: join(checkout, workspace, file),
        link: join(checkout, 'node_modules/.bin', name),
      }));
    })
    .filter(({ file }) => existsSync(file));
}

/** @param {{ file: string, link: string }} command */
function isRunnable({ file, link }) {
  return (statSync(file).mode & 0o100) !== 0 && existsSync(link);
}

/** Fingerprint of all files that the builders read. @param {string} checkout */
function sourcesFingerprint(checkout) {
  const names = ['tsconfig.json', 'tsconfig.base.json', 'package-lock.json', 'setup/kernels.mjs'];
  const files = names.map((name) => join(checkout, name));
  const want = (/** @type {string} */ name) =>
    /\.(tsx?|proto|css|html)$/.test(name) ||
    /^(buf\..*|package\.json|tsconfig\.json|vite\.config\.js)$/.test(name);
  for (const workspace of workspacesOf(checkout)) {
    files.push(...filesUnder(join(checkout, workspace), { want, skip: NOT_SOURCES }));
  }
  return fingerprint(files);
}

/** @param {string} checkout */
function isBuilt(checkout) {
  const isCompiled = (/** @type {string} */ workspace) =>
    existsSync(join(checkout, workspace, 'dist/.tsbuildinfo'));
  const isBundled = existsSync(join(checkout, 'dashboard/dist/page/index.html'));
  const kernels = kernelBuilds(join(checkout, 'learning'));
  return (
    isBundled &&
    kernels.every(({ wasm }) => existsSync(wasm)) &&
    workspacesOf(checkout).every(isCompiled) &&
    commandsOf(checkout).every(isRunnable)
  );
}

/** @param {string} checkout @returns {string[]} */
function workspacesOf(checkout) {
  return readJson(join(checkout, 'package.json')).workspaces;
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
