/**
 * The environment of a teacher's answers: its worker's, or another device that computes the teacher instead. And how
 * many calls may wait for the session's end.
 */
import { firstEnd } from '@lyceum/platform';
import {
  LoadedTeacher,
  LyceumError,
  TeacherHello,
  TeacherState,
  type WorkerDevice,
} from '@lyceum/proto';
import { expect, test } from 'vitest';
import { TeacherSession } from '../../src/sessions/teacher-session.js';

const IDENTITY = 'ab'.repeat(32);
const GPU = { driver: '580.1', memoryBytes: 2 ** 34, precision: 'float32', uuid: 'GPU-1' };
const DEVICE = {
  engine: 'native',
  engineVersion: '1',
  computeThreads: 2,
  device: 'NVIDIA L4',
  gpu: GPU,
};
const OWN = {
  workerId: 'w',
  version: '1',
  engine: 'native',
  engineVersion: '1',
  computeThreads: 2,
  device: 'NVIDIA L4',
  gpuDriver: '580.1',
  gpuMemoryBytes: 2 ** 34,
  gpuPrecision: 'float32',
};

function session(loaded: Partial<LoadedTeacher>, device: WorkerDevice = DEVICE): TeacherSession {
  const hello = TeacherHello.fromPartial({ workerId: 'w', version: '1', device });
  const made = new TeacherSession(hello, 0, async () => {});
  const teacher = LoadedTeacher.fromPartial({
    ...loaded,
    teacherIdentity: Buffer.from(IDENTITY, 'hex'),
  });
  made.report(TeacherState.fromPartial({ loaded: [teacher] }));
  return made;
}

test("TeacherSession.answering names the worker's GPU and driver", () => {
  expect(session({}).answering(IDENTITY)).toEqual(OWN);
});

test('TeacherSession.problems has why a loaded teacher does not answer, cut to length', () => {
  expect(session({}).problems()).toEqual([]);
  const [problem, ...others] = session({ trouble: `answers 503${'!'.repeat(10_000)}` }).problems();
  expect(problem).toMatch(/^teacher abababababab does not answer: answers 503!/);
  expect(problem?.length).toBeLessThan(5000);
  expect(others).toEqual([]);
});

test('TeacherSession.answering has bitsMayDiffer if the teacher or the device reports it', () => {
  expect(session({ bitsMayDiffer: true }).answering(IDENTITY)).toEqual({
    ...OWN,
    bitsMayDiffer: true,
  });
  expect(session({}, { ...DEVICE, bitsMayDiffer: true }).answering(IDENTITY)).toEqual({
    ...OWN,
    bitsMayDiffer: true,
  });
});

test('TeacherSession.answering has no GPU fields for a teacher that the processor computes', () => {
  const { gpuDriver, gpuMemoryBytes, gpuPrecision, ...rest } = OWN;
  const answering = session({ device: 'cpu EPYC' }, { ...DEVICE, bitsMayDiffer: true }).answering(
    IDENTITY,
  );
  expect(answering).toEqual({ ...rest, device: 'cpu EPYC' });
});

test('TeacherSession.answering cuts a device name to at most 128 characters', () => {
  const device = 'x'.repeat(10_000);
  expect(session({ device }).answering(IDENTITY).device.length).toBeLessThanOrEqual(128);
});

test('40 calls wait for the end of a session without a warning', async () => {
  const warnings: string[] = [];
  const listener = (warning: Error) => warnings.push(`${warning.name}: ${warning.message}`);
  process.on('warning', listener);
  const made = session({});
  const never = new Promise<void>(() => undefined);
  const calls = Array.from({ length: 40 }, () => firstEnd([never], [made.ended]));
  const reason = new LyceumError('UNAVAILABLE', 'over');
  made.end(reason);
  for (const call of calls) await expect(call).rejects.toBe(reason);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listener);
  expect(warnings).toEqual([]);
});
