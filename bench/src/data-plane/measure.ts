/**
 * A program of its own that measures for `data-plane.ts`: like the coordinator it loads no TensorFlow and looks for
 * garbage rarely, since what garbage costs grows with what lives.
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
    // Numbers of a target are sent once for the values of all its teachers.
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
