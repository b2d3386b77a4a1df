/** Runs a small module in a Node of its own, as set-up runs: with nothing but Node's own modules. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const SETUP = new URL('..', import.meta.url);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once the child's stderr or stdout contains the text. */
  readonly says: (text: string) => Promise<void>;
}

/** Starts a module. `source` may import set-up's modules as `setup/NAME.mjs`. */
export function startModule(source: string, env: Record<string, string> = {}): Running {
  const resolved = source.replaceAll("'setup/", `'${SETUP.href}`);
  return start(['--input-type=module', '-e', resolved], env);
}

/** Starts one of set-up's own commands. */
export function startCommand(
  name: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Running {
  return startFile(fileURLToPath(new URL(name, SETUP)), args, env);
}

/** Starts a file. */
export function startFile(
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Running {
  return start([file, ...args], env);
}

function start(args: readonly string[], env: Record<string, string>): Running {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  const notify = () => {
    for (const check of waiting) check();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    notify();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    notify();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (stdout.includes(text) || stderr.includes(text)) resolve();
      };
      waiting.add(check);
      check();
      void ended.then(() => reject(new Error(`ended without saying "${text}":\n${stderr}`)));
    });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { process: child, ended, says };
}

/** A folder that is removed when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lyceum-setup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** PATH without a nats-server of this machine. */
export function pathWithoutNats(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.filter((folder) => !existsSync(join(folder, 'nats-server'))).join(delimiter);
}
