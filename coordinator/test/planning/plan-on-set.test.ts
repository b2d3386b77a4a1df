// Data sets of a few samples, given by splits and labels.
import { checkRunSpecification } from '@lyceum/learning/specification';
import { expect, test } from 'vitest';
import { planOnSet } from '../../src/planning/plan-on-set.js';

const TEACHERS = ['a', 'b'].map((name) => ({ name, model: name }));

/** Labels by split; −1: none. */
interface Labels {
  readonly train?: readonly number[];
  readonly validation?: readonly number[];
  readonly test?: readonly number[];
}

function setOf(
  { train = [0, 1], validation = [0, 1], test: own = [0, 1] }: Labels,
  classCount = 2,
) {
  const splits = [train, validation, own].flatMap((labels, n) => labels.map(() => n + 1));
  return {
    reference: { digest: 'ab'.repeat(32) },
    outline: {
      digest: 'ab'.repeat(32),
      sampleCount: splits.length,
      classCount,
      classNames: Array.from({ length: classCount }, (_, c) => `${c}`),
      labels: Int32Array.from([...train, ...validation, ...own]),
      splits: Uint8Array.from(splits),
      modalities: new Map([['', { sampleShape: [2], inputs: new Uint8Array(0), inputScale: 1 }]]),
      sharedSamples: { validationInTrain: 0, testInTrain: 0, testInValidation: 0 },
    },
  };
}

function planned(set: ReturnType<typeof setOf>, spec: object = {}, kind = 'Distillation') {
  const specification = checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind,
      metadata: { name: 'run' },
      spec: {
        dataset: 'set',
        ...(kind === 'Distillation' && { teachers: TEACHERS }),
        student: { model: { architecture: 'mlp' } },
        training: { epochs: 3, batchSize: 2 },
        ...spec,
      },
    },
    'test',
  );
  const problems: { path: string; message: string }[] = [];
  const parts = { teachers: [], areAllFound: false, features: [], student: { modality: '' } };
  return { plan: planOnSet(specification, set, parts, problems), problems };
}

test('planOnSet trains on all of train with teachers, and on labelled samples without teachers', () => {
  const set = setOf({ train: [0, -1, 1, -1, 0] });
  const { plan, problems } = planned(set);
  expect(problems).toEqual([]);
  expect(plan).toMatchObject({ labelledTrainCount: 3, plan: { sampleCount: 5, stepCount: 9 } });
  expect(plan?.answerCodec).toBeDefined();
  const alone = planned(set, {}, 'Training').plan;
  expect(alone).toMatchObject({ labelledTrainCount: 3, plan: { sampleCount: 3, stepCount: 6 } });
  expect(alone).not.toHaveProperty('answerCodec');
});

test.each([
  [{ test: [] }, {}, 'spec.dataset', 'has no samples in its test split'],
  [
    { train: [0, -1] },
    { ensemble: { combine: 'ca-mkd' } },
    'spec.ensemble.combine',
    'ca-mkd needs the label of every training sample, and spec.labels leaves 1 of 2',
  ],
  [
    { validation: [-1, -1] },
    { ensemble: { combine: 'accuracy' } },
    'spec.ensemble.combine',
    'is fitted on the validation split of spec.dataset, where no sample has a label',
  ],
  [
    { validation: [-1] },
    { ensemble: { calibrate: true } },
    'spec.ensemble.calibrate',
    'is fitted on the validation split of spec.dataset, where no sample has a label',
  ],
  [
    { train: [-1] },
    { student: { model: { architecture: 'mlp' }, baseline: 'train' } },
    'spec.student.baseline',
    'trains on labels alone, and no sample of the train split has one',
  ],
  [
    {},
    { objective: [{ term: 'topk-kd', k: 3 }] },
    'spec.objective[0].k',
    'is 3, and spec.dataset has 2 classes',
  ],
])('planOnSet refuses %j with %j', (labels, spec, path, message) => {
  const { problems } = planned(setOf(labels), spec);
  expect(problems).toEqual([{ path, message: expect.stringContaining(message) }]);
});

test('planOnSet refuses a run without teachers if no train sample has a label', () => {
  const { plan, problems } = planned(setOf({ train: [-1, -1] }), {}, 'Training');
  expect(plan).toBeUndefined();
  const message = 'has no labelled samples in its train split';
  expect(problems).toEqual([{ path: 'spec.dataset', message }]);
});

test('planOnSet refuses top-k tables and fits that take too many numbers', () => {
  // 4,096 · 40 · 1,000 numbers a step.
  const training = { epochs: 1, batchSize: 4096 };
  const top = planned(setOf({}, 1000), { training, objective: [{ term: 'topk-kd', k: 40 }] });
  expect(top.problems).toEqual([
    { path: 'spec.objective[0].k', message: expect.stringMatching(/^takes 163840000 numbers/) },
  ]);
  const fit = planned(setOf({}, 1000), { ensemble: { combine: 'dawid-skene' } });
  expect(fit.problems).toEqual([
    {
      path: 'spec.ensemble.combine',
      message: expect.stringMatching(/^is fitted with \d+ numbers for 2 teachers and 1000 classes/),
    },
  ]);
});
