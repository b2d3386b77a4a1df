// Costs of two runs that share a teacher, as workers report them, over restarts of student and coordinator.
import { expect, it } from 'vitest';
import { RunCosts } from '../../src/monitoring/run-costs.js';
import { deviceCosts } from '../../src/runs/record/run-cost.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';

const teacher = (name: string, identity: string) => ({ name, identity });

function run(runId: string, ...teachers: object[]): RunRecord {
  return { runId, teachers } as unknown as RunRecord;
}

const one = run('one', teacher('a', 'aa'), teacher('b', 'bb'));
const two = run('two', teacher('mine', 'bb'));
const answer = { deviceSeconds: 3, sampleCount: 100 };

it('RunCosts counts each assignment once, and ignores late reports and impossible seconds', () => {
  const costs = new RunCosts();
  const student = () => deviceCosts(one, costs.of(one))?.studentDeviceSeconds;
  expect(student()).toBeUndefined();
  for (const seconds of [1, 4, 3]) costs.trained(one, 1, seconds);
  expect(student()).toBe(4);
  costs.trained(one, 2, 0.5);
  costs.trained(one, 1, 100);
  costs.trained(one, 2, 2);
  expect(student()).toBe(6);
  for (const seconds of [Number.NaN, -1, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
    costs.trained(one, 3, seconds);
  }
  expect(student()).toBe(6);
});

it('RunCosts splits device seconds of an answer among the runs that asked, but counts samples for each', () => {
  const costs = new RunCosts();
  costs.answered([one, two], 'bb', answer);
  costs.answered([one], 'aa', { deviceSeconds: 1, sampleCount: 10 });
  costs.answered([one], 'aa', { deviceSeconds: Number.NaN, sampleCount: 10 });
  costs.answered([one], 'of nobody', answer);
  costs.answered([], 'bb', answer);
  expect(deviceCosts(one, costs.of(one))).toEqual({
    studentDeviceSeconds: 0,
    teachers: [
      { name: 'a', deviceSeconds: 1, sampleCount: 20 },
      { name: 'b', deviceSeconds: 1.5, sampleCount: 100 },
    ],
  });
  expect(deviceCosts(two, costs.of(two))?.teachers).toEqual([
    { name: 'mine', deviceSeconds: 1.5, sampleCount: 100 },
  ]);
});

it('RunCosts splits calls of a service among the runs that asked, and ignores impossible numbers', () => {
  const costs = new RunCosts();
  const calls = { count: 13, inputTokens: 400, outputTokens: 26 };
  costs.answered([one, two], 'bb', { ...answer, calls });
  costs.answered([one], 'bb', { ...answer, calls: { ...calls, inputTokens: Number.NaN } });
  costs.answered([one], 'bb', { ...answer, calls: { ...calls, count: 1e300 } });
  costs.answered([one], 'bb', answer);
  costs.answered([one], 'aa', answer);
  const [a, b] = deviceCosts(one, costs.of(one))?.teachers ?? [];
  expect(a?.calls).toBeUndefined();
  expect(b?.calls).toEqual({ count: 6.5 + 13, inputTokens: 200 + 400, outputTokens: 13 + 26 + 26 });
  expect(deviceCosts(two, costs.of(two))?.teachers[0]?.calls?.count).toBe(6.5);
});

it('RunCosts goes on from the record after a restart in the middle of an assignment', () => {
  const before = new RunCosts();
  before.trained(two, 1, 5);
  before.answered([two], 'bb', answer);
  const cost = before.of(two);
  const kept = { ...two, ...(cost && { cost }) };
  const after = new RunCosts();
  expect(after.of(kept)).toEqual(before.of(two));
  // The student has gone on, and reports the seconds of its whole assignment.
  after.trained(kept, 1, 8);
  after.answered([kept], 'bb', answer);
  expect(deviceCosts(kept, after.of(kept))).toEqual({
    studentDeviceSeconds: 8,
    teachers: [{ name: 'mine', deviceSeconds: 6, sampleCount: 200 }],
  });
  after.forget('two');
  expect(after.of(kept)).toEqual(kept.cost);
});
