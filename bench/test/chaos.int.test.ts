/**
 * The shortest chaos run: real processes of every kind, with every fault at least once during a run. `npm run chaos`
 * does the same with longer runs, more faults and any seed.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chaos } from '../src/chaos/chaos.js';
import { plain } from '../src/chaos/scenarios/index.js';

const STEPS = 200;

test('a run whose processes are killed, stopped and cut off has the weights of an undisturbed run', async () => {
  const lines: string[] = [];
  const { blows, ...result } = await chaos({
    scenario: plain,
    seed: 21,
    blows: 6,
    stepCount: STEPS,
    stopMs: [1_000],
    cacheFolder: process.env['LYCEUM_CACHE'] ?? join(homedir(), '.cache', 'lyceum'),
    log: (line) => lines.push(line),
    signal: AbortSignal.timeout(1_140_000),
  });
  expect(result, lines.join('\n')).toMatchObject({
    identicalWeights: true,
    stepsMissing: 0,
    stepsRepeated: 0,
    wrongTargets: 0,
    eventsRepeated: 0,
    historyDifferences: 0,
  });
  expect(Object.keys(blows).sort()).toEqual(['SIGKILL', 'SIGSTOP', 'cut', 'deaf', 'mute', 'reset']);
  const struck = new Set(Object.values(blows).flatMap((ofFault) => Object.keys(ofFault)));
  expect([...struck].sort()).toEqual(['coordinator', 'nats', 'student', 'teacher']);
}, 1_200_000);
