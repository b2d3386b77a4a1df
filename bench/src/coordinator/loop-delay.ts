/** Reads the event loop's delays of another process, a coordinator; `loop-delay-preload.ts` measures them there. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '@lyceum/platform';

export const RESOLUTION_MS = 1;

const POLL_MS = 5;

export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Environment of a cluster whose coordinator measures its delays. */
export function loopDelayEnvironment(): NodeJS.ProcessEnv {
  const preload = new URL('./loop-delay-preload.js', import.meta.url).href;
  return { NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import ${preload}`.trim() };
}

export function loopDelayFile(pid: number): string {
  return join(tmpdir(), `lyceum-loop-delay-${pid}.json`);
}

/** @returns the delays since the last call, or since the process started. */
export async function takeLoopDelay(pid: number, signal: AbortSignal): Promise<LoopDelay> {
  const file = loopDelayFile(pid);
  process.kill(pid, 'SIGUSR2');
  while (!existsSync(file)) {
    signal.throwIfAborted();
    await sleep(POLL_MS, signal);
  }
  const delay = JSON.parse(readFileSync(file, 'utf8')) as LoopDelay;
  rmSync(file);
  return delay;
}
