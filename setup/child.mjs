/**
 * Runs the tools that set-up needs (npm, pip, g++, tsc, buf).
 *
 * Each tool gets a process group of its own, so that an abort ends the tool's children too. Output is kept, and shown
 * only if the tool fails.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Time for a tool to end after SIGTERM. */
const TERMINATION_MS = 3_000;
const KEPT_OUTPUT_CHARACTERS = 64 * 1024;

/** A tool that could not start, did not end with 0, or did not end in time. */
export class ToolError extends Error {
  /** @param {string} tool @param {string} outcome @param {string} output stdout and stderr, as they came */
  constructor(tool, outcome, output) {
    super(`${tool} ${outcome}`);
    this.name = 'ToolError';
    this.output = output;
  }
}

/**
 * @param {string} tool
 * @param {readonly string[]} args
 * @param {object} options
 * @param {string} options.cwd
 * @param {AbortSignal} options.signal
 * @param {NodeJS.ProcessEnv} [options.env] added to this process's environment
 * @param {number} [options.patienceMs] time limit, for a tool that may hang in a driver so that no signal ends it
 * @returns {Promise<string>} the tool's stdout
 * @throws {ToolError}
 */
export async function runTool(tool, args, { cwd, signal, env = {}, patienceMs }) {
  signal.throwIfAborted();
  const child = spawn(tool, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    output = (output + text).slice(-KEPT_OUTPUT_CHARACTERS);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output = (output + text).slice(-KEPT_OUTPUT_CHARACTERS);
  });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) =>
      resolve(code === 0 ? undefined : `ended with ${killedBy ?? code}`),
    );
  });
  const stop = () => void terminateGroup(child.pid);
  signal.addEventListener('abort', stop, { once: true });
  let patience;
  const hung = new Promise((resolve) => {
    if (patienceMs === undefined) return;
    patience = setTimeout(() => {
      // A tool that hangs in a driver survives even SIGKILL: do not wait for its end.
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
      child.unref();
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(`does not answer within ${patienceMs / 1000} s`);
    }, patienceMs);
  });
  try {
    const failure = await Promise.race([ended, hung]);
    signal.throwIfAborted();
    if (failure !== undefined) throw new ToolError(tool, failure, output);
    return stdout;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new ToolError(tool, 'is not on PATH', '');
    }
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(patience);
  }
}

/** @param {number | undefined} pid */
async function terminateGroup(pid) {
  if (pid === undefined) return;
  if (!signalGroup(pid, 'SIGTERM')) return;
  await sleep(TERMINATION_MS, undefined, { ref: false });
  signalGroup(pid, 'SIGKILL');
}

/** @param {number} pid @param {NodeJS.Signals} signal @returns {boolean} false if no process is left */
function signalGroup(pid, signal) {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/**
 * @param {string} name
 * @param {string} [path] folders, as in the variable PATH
 * @returns {string | undefined} the program's file; undefined: no folder has it
 */
export function findOnPath(name, path = process.env['PATH'] ?? '') {
  for (const folder of path.split(':')) {
    if (folder === '') continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // This folder does not have the program: try the next.
    }
  }
  return undefined;
}
