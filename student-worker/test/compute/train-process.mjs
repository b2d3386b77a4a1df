/**
 * A process that trains one job and prints its result as JSON, if it has one.
 * node train-process.mjs '{"job": …, "trainCount": N, "dieAtCheckpoint": S?}': with S the process kills itself, with
 * a signal that nothing can catch, once the checkpoint of step S or a later one is on the disk.
 */
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { prepareEngine } from '@lyceum/learning/tensorflow';
import { createLogger } from '@lyceum/platform';
import { StudentCompute } from '../../dist/compute/index.js';
import { train } from './training-harness.mjs';

const { job, trainCount, dieAtCheckpoint } = JSON.parse(process.argv[2] ?? '');
const log = createLogger({ name: 'test', level: 'warn' });
prepareEngine(process.env, 2);
const compute = await StudentCompute.start({ eager: false }, log);
const outcome = await train(compute, job, {
  trainCount,
  async onCheckpoint({ step, file }) {
    if (!(step >= dieAtCheckpoint)) return;
    // The file gets this name once it is whole.
    while (!existsSync(file)) await setTimeout(5);
    process.kill(process.pid, 'SIGKILL');
  },
});

console.log(JSON.stringify({ result: outcome.result }));
await compute.stop();
