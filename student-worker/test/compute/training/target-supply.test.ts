/** A run of 19 steps of 4 samples with a window of 8, so targets are asked for in quarters of 2 steps. */
import { targetSumColumns } from '@lyceum/learning/history';
import { stepPlan } from '@lyceum/learning/orders';
import { checkRunSpecification } from '@lyceum/learning/specification';
import { beforeEach, expect, it } from 'vitest';
import { TargetSupply } from '../../../src/compute/training/target-supply.js';

const plan = stepPlan({ sampleCount: 40, batchSize: 4, steps: 19 });
const specification = checkRunSpecification(
  {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: 'supplied' },
    spec: {
      dataset: 'set',
      teachers: [{ name: 'only', model: 'model' }],
      student: { model: { architecture: 'mlp', hiddenUnits: [4] } },
      training: { batchSize: 4, steps: 19 },
    },
  },
  'test',
);
const job = { specification, targetTensors: [{ name: 'a', rowShape: [1] }], windowSteps: 8 };

let asked: [number, number][];
beforeEach(() => {
  asked = [];
});
const news = {
  wantTargets: (creditStep: number, doneStep: number) => void asked.push([creditStep, doneStep]),
};

const block = (step: number, rows = 4, firstRow = 0, figures?: number[]) => ({
  epoch: 0,
  firstPosition: step * 4 + firstRow,
  figures: figures === undefined ? [] : [{ step, values: figures }],
  tensors: [{ name: 'a', rows, values: new Float32Array(rows).fill(step) }],
});

it('TargetSupply asks for a quarter of the window at a time, up to the end of the run', () => {
  const supply = new TargetSupply(job, plan, 0, news);
  for (let step = 0; step <= plan.stepCount; step++) supply.ask(step);
  expect(asked.slice(0, 3)).toEqual([
    [8, 0],
    [10, 2],
    [12, 4],
  ]);
  expect(asked.at(-1)).toEqual([19, 19]);
  expect(asked).toHaveLength(11);
});

it('TargetSupply asks at once if told to, for no step twice, and never in a run without targets', () => {
  const supply = new TargetSupply(job, plan, 5, news);
  supply.ask(5);
  supply.ask(5, true);
  supply.ask(6, true);
  expect(asked).toEqual([
    [13, 5],
    [14, 6],
  ]);
  new TargetSupply({ ...job, targetTensors: [] }, plan, 0, news).ask(0, true);
  expect(asked).toHaveLength(2);
});

it('TargetSupply refuses targets beyond the credit that it has asked for', () => {
  const supply = new TargetSupply(job, plan, 0, news);
  supply.ask(0);
  supply.receive(block(7));
  expect(() => supply.receive(block(8))).toThrow('credit ends before step 8');
});

it('TargetSupply.await waits for all rows of a step, or until they are no longer wanted', async () => {
  const supply = new TargetSupply(job, plan, 0, news);
  supply.ask(0);
  let wanted = true;
  const first = supply.await(0, () => wanted);
  supply.receive(block(0, 3));
  expect(supply.take(0)).toBeUndefined();
  supply.receive(block(0, 1, 3));
  expect((await first)?.get('a')).toEqual(new Float32Array(4));

  const second = supply.await(1, () => wanted);
  wanted = false;
  supply.wake();
  expect(await second).toBeUndefined();
});

it('TargetSupply gives the figures of a step, or NaN in all columns when some are missing', () => {
  const unknown = targetSumColumns(specification).map(() => Number.NaN);
  const told = unknown.map((_, column) => column);
  const supply = new TargetSupply(job, plan, 0, news);
  supply.ask(0);
  supply.receive(block(0, 4, 0, told));
  supply.receive(block(1, 4, 0, [1]));
  supply.receive(block(2));
  const taken = [0, 1, 2].map((step) => {
    supply.take(step);
    return supply.takeFigures(step);
  });
  expect(taken).toEqual([told, unknown, unknown]);
});
