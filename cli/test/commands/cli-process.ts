/** The compiled command line as a process, as a shell would start it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
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
  /** What stderr has so far. */
  stderr(): string;
}

export function startCli(address: string, args: readonly string[], stdin = ''): CliProcess {
  const child = spawn(process.execPath, [CLI_FILE, ...args], {
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
