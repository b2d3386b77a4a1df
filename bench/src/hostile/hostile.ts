/**
 * `hostile`: how long does a hostile input block the coordinator's event loop, and how much memory does it take?
 *
 * A coordinator without workers gets one input after another, as from an attacker: packages go straight to its gRPC
 * service, not through the command line, which would refuse them. Measured are the longest delay of a timer and the
 * greatest resident memory while the coordinator reads an input. The bench also prints whether the input was refused;
 * tests decide which inputs must be refused.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import { loopDelayEnvironment, takeLoopDelay } from '../coordinator/loop-delay.js';
import {
  type BenchOptions,
  type BenchResult,
  figureOf,
  peakResidentMib,
  progress,
  resetPeak,
  spread,
  withCluster,
} from '../measuring/index.js';
import { hostileInputs } from './hostile-inputs.js';

/** Pause before and after an input, so that the timer ticks once before it and once after it. */
const SETTLE_MS = 20;

/** The number of worst inputs in the details, and in the table. */
const WORST = 10;
const SHOWN = 5;

interface Reading {
  readonly heldUpMs: number;
  readonly peakMib: number;
  readonly answer: string;
}

export async function hostile({ repetitions, signal }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'lyceum-hostile-'));
  const secret = join(folder, 'secret');
  writeFileSync(secret, Buffer.alloc(64, 0x41));
  const inputs = hostileInputs({ secret, secretFolder: folder, target: join(folder, 'target') });
  const readings = new Map<string, Reading[]>(inputs.map(({ name }) => [name, []]));
  try {
    const shape = { teacherWorkers: 0, studentWorkers: 0, env: loopDelayEnvironment(), signal };
    await withCluster(shape, async (cluster, client) => {
      const target = { client, address: cluster.address };
      const pid = cluster.processes.find(({ kind }) => kind === 'coordinator')?.pid as number;
      for (let repetition = 1; repetition <= repetitions; repetition++) {
        progress(`${inputs.length} inputs, ${repetition} of ${repetitions}`);
        for (const { name, send } of inputs) {
          signal.throwIfAborted();
          resetPeak(pid);
          await takeLoopDelay(pid, signal);
          await sleep(SETTLE_MS, signal);
          const answer = await send(target, signal).then(
            () => 'taken',
            (err: unknown) => toLyceumError(err).code,
          );
          await sleep(SETTLE_MS, signal);
          const { maxMs: heldUpMs } = await takeLoopDelay(pid, signal);
          readings.get(name)?.push({ heldUpMs, peakMib: await peakResidentMib(pid), answer });
        }
      }
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
  return result(readings);
}

function result(readings: ReadonlyMap<string, readonly Reading[]>): BenchResult {
  const rows = [...readings].map(([name, own]) => ({
    name,
    heldUpMs: Math.min(...own.map(({ heldUpMs }) => heldUpMs)),
    peakMib: Math.round(Math.max(...own.map(({ peakMib }) => peakMib))),
    answer: own.at(-1)?.answer,
  }));
  const of = (name: string, what: 'heldUpMs' | 'peakMib') =>
    (readings.get(name) ?? []).map((reading) => reading[what]);
  const longest = rows.toSorted((a, b) => b.heldUpMs - a.heldUpMs);
  const largest = rows.toSorted((a, b) => b.peakMib - a.peakMib);
  const worst = longest[0]?.heldUpMs ?? 0;
  return {
    name: 'hostile',
    value: worst,
    unit: `ms that the worst of ${rows.length} inputs held the coordinator's event loop up: ${longest[0]?.name}`,
    spread: spread(rows.map(({ heldUpMs }) => heldUpMs)),
    figures: [
      ...longest
        .slice(0, SHOWN)
        .map(({ name }) => figureOf(name, 'ms held up', of(name, 'heldUpMs'))),
      ...largest.slice(0, 1).map(({ name }) => figureOf(name, 'MiB resident', of(name, 'peakMib'))),
    ],
    details: {
      longest: longest.slice(0, WORST),
      largest: largest.slice(0, WORST),
      taken: rows.filter(({ answer }) => answer === 'taken').map(({ name }) => name),
    },
  };
}
