/**
 * The program that measures for `data-plane.ts`. Like the coordinator, it loads no TensorFlow and collects garbage
 * rarely: a collection costs more, the more memory is in use.
 */
import { collectGarbageRarely } from '@lyceum/platform';
import { TEACHER_COUNT } from './frames.js';
import { replay } from './replay.js';
import { stagesOf } from './stages.js';
import { transportOf } from './transport.js';

/** Measurements by the program's first argument. */
const MEASUREMENTS = {
  async stages(classCount: number) {
    const { receiveNsPerValue, sendNsPerNumber } = await transportOf(classCount);
    const stages = await stagesOf(classCount);
    // A number of a target is sent once, for one value of each of its teachers.
    return { receive: receiveNsPerValue, ...stages, send: sendNsPerNumber / TEACHER_COUNT };
  },
  replay,
};

export type Measurements = typeof MEASUREMENTS;

const [kind, ...numbers] = process.argv.slice(2);
if (process.send !== undefined) {
  collectGarbageRarely();
  const measure = MEASUREMENTS[kind as keyof Measurements] as (...of: number[]) => Promise<object>;
  process.send(await measure(...numbers.map(Number)));
  process.disconnect();
}
