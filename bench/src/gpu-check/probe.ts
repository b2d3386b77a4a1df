/**
 * Measures one device in a process of its own, since engines read their environment once: `node probe.js OPTIONS`,
 * with options as JSON. Each part is printed as a JSON object on a line of stdout, as soon as it is measured: if the
 * process is killed, only this part and later parts are lost. If a part fails, its problem is printed, and the next
 * part is measured.
 */
import { gpuProblem, openEngine, prepareEngine } from '@lyceum/learning/tensorflow';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { COMPUTE_THREADS } from './conditions.js';
import type { Measured, PartName, Parts, ProbeOptions } from './probe-result.js';
import { studentSteps } from './student-part.js';
import { TeacherParts } from './teacher-parts.js';

const options = JSON.parse(process.argv[2] ?? '{}') as ProbeOptions;
const { device, determinism, small } = options;
const gpu = device === 'cpu' ? undefined : { uuid: device.uuid, determinism };
prepareEngine(process.env, COMPUTE_THREADS, gpu);
// All parts get the same engine, or the same reason why there is none.
const engine = openEngine();
const teachers = new TeacherParts(engine, options);

const MEASURES: { readonly [Name in PartName]: () => Promise<Parts[Name]> } = {
  async engine() {
    const opened = await engine;
    const unused = device === 'cpu' ? undefined : gpuProblem(opened, device);
    return { version: opened.version, device: opened.device, unused };
  },
  teacher: () => teachers.tensorflow(),
  fullBatch: () => teachers.fullBatch(),
  student: async () => studentSteps(await engine, small ? 16 : 200),
  onnx: () => teachers.onnx(),
  together: () => teachers.together(),
};

const OF_ONNX: readonly PartName[] = ['engine', 'onnx'];
for (const part of options.parts) {
  const result = await measured<object>(async () => {
    // Otherwise the processor would compute for minutes in vain.
    if (!OF_ONNX.includes(part)) await assertUsed();
    return MEASURES[part]();
  });
  process.stdout.write(`${JSON.stringify({ [part]: result })}\n`);
}
await teachers.close();

/** @throws {LyceumError} FAILED_PRECONDITION if TensorFlow does not compute on the wanted device. */
async function assertUsed(): Promise<void> {
  const { unused } = await MEASURES.engine();
  if (unused !== undefined) throw new LyceumError('FAILED_PRECONDITION', unused);
}

async function measured<T>(measure: () => Promise<T>): Promise<Measured<T>> {
  try {
    return await measure();
  } catch (thrown) {
    return { problem: toLyceumError(thrown).message };
  }
}
