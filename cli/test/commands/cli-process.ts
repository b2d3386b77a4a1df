/** The compiled command line as a process, as a shell would start it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CLI_FILE = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface CliResult {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly process: ChildProcessWithoutNullStreams;
  readonly result: Promise<CliResult>;
  /** The text on stderr so far. */
  stderr(): string;
}

export function startCli(
  address: string,
  args: readonly string[],
  stdin = '',
  file = CLI_FILE,
): CliProcess {
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, LYCEUM_COORDINATOR: address },
  });
  child.stdin.end(stdin);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const result = new Promise<CliResult>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { process: child, result, stderr: () => stderr };
}

export function runCli(address: string, ...args: string[]): Promise<CliResult> {
  return startCli(address, args).result;
}

/** Copies the command line as the coordinator's image has it: without workers. @returns its file. */
export async function placeWithoutWorkers(folder: string): Promise<string> {
  const own = fileURLToPath(new URL('../..', import.meta.url));
  const copy = join(folder, 'cli');
  for (const part of ['package.json', 'dist']) {
    await cp(join(own, part), join(copy, part), { recursive: true });
  }
  await symlink(join(own, '../node_modules'), join(folder, 'node_modules'));
  await symlink(join(own, 'node_modules'), join(copy, 'node_modules'));
  return join(copy, 'dist/main.js');
}
