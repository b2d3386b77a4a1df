/** A student worker as its own process, as users run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LyceumError } from '@lyceum/proto';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const LIMIT_MS = 120_000;

export class WorkerProcess {
  /** Its log, one entry a line. */
  readonly lines: { msg: string; [key: string]: unknown }[] = [];
  /** The ready line that it printed on stdout. */
  ready: Record<string, unknown> = {};
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(flags: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(process.execPath, [MAIN, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.exited = new Promise((resolve) => this.#child.once('exit', (code) => resolve(code)));
    eachLine(this.#child.stderr, (line) => {
      this.lines.push(line.startsWith('{') ? JSON.parse(line) : { msg: line });
    });
    eachLine(this.#child.stdout, (line) => {
      this.ready = JSON.parse(line);
    });
  }

  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return this.exited;
  }

  /** True if it has logged this message. */
  said(message: string): boolean {
    return this.lines.some(({ msg }) => msg === message);
  }
}

/**
 * Resolves when `condition` holds; fails after more time than any healthy machine needs. If a peer is away while it is
 * asked, that is no failure.
 */
export async function until(
  what: string,
  condition: () => unknown | Promise<unknown>,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < LIMIT_MS; waitedMs += 20) {
    if (await holds(condition)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited ${LIMIT_MS} ms in vain for: ${what}`);
}

async function holds(condition: () => unknown | Promise<unknown>): Promise<boolean> {
  try {
    return Boolean(await condition());
  } catch (err) {
    if (err instanceof LyceumError && err.retryable) return false;
    throw err;
  }
}

function eachLine(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  let rest = '';
  stream?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') take(line);
  });
}
