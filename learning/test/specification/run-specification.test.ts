/**
 * Each test changes one thing in a correct specification and reads the message to the user. Messages are part of the
 * product, so they are written out, except for names from tables.
 */
import { InvalidDocumentError, type Problem, SPECIFICATION_MAX_BYTES } from '@lyceum/proto';
import { describe, expect, test } from 'vitest';
import { ARCHITECTURE_NAMES } from '../../src/architectures/index.js';
import { CODEC_WORDS } from '../../src/codecs/table.js';
import { listed } from '../../src/documents/index.js';
import { namesOf, type Rule } from '../../src/ensemble/rules/index.js';
import { SCHEDULES } from '../../src/learning-rates/index.js';
import { OPTIMIZER_NAMES } from '../../src/optimizers/index.js';
import {
  checkRunSpecification,
  normalisedText,
  parseRunSpecification,
  runSpecificationJsonSchema,
  specificationDigest,
} from '../../src/specification/run-specification.js';

/** Names of the rules with a property, as messages list them. */
const rules = (holds: (rule: Rule) => unknown) =>
  listed(namesOf((rule) => !rule.ofPlugin && holds(rule)));
const OF_EACH = rules((rule) => rule.fit === undefined && rule.inStudent === undefined);
const OF_WEIGHTS = rules((rule) => !rule.computesWeights);

const spec = {
  dataset: 'digits',
  teachers: [
    { name: 'wide', model: 'digits-wide', weight: 2 },
    { name: 'deep', model: 'run:digits-deep' },
  ],
  student: { model: { architecture: 'mlp' } },
};
const apiVersion = 'lyceum.dev/v1alpha1';

function distillation(changes: Record<string, unknown> = {}): unknown {
  const metadata = { name: 'digits' };
  return { apiVersion, kind: 'Distillation', metadata, spec: { ...spec, ...changes } };
}

function training(changes: Record<string, unknown> = {}): unknown {
  const { dataset, student } = spec;
  const metadata = { name: 'wide' };
  return { apiVersion, kind: 'Training', metadata, spec: { dataset, student, ...changes } };
}

function problemsOf(document: unknown): readonly Problem[] {
  try {
    checkRunSpecification(document, 'run.yaml');
  } catch (err) {
    if (err instanceof InvalidDocumentError) return err.problems;
    throw err;
  }
  return [];
}

/** Path and message of the only problem. */
function problemOf(document: unknown): string {
  const problems = problemsOf(document);
  expect(problems).toHaveLength(1);
  return problems.map(({ path, message }) => `${path}: ${message}`).join();
}

describe('default values of a run specification', () => {
  test('fill in every field', () => {
    expect(checkRunSpecification(distillation(), 'x').spec).toEqual({
      dataset: 'digits',
      teachers: [
        { name: 'wide', model: 'digits-wide', access: 'white', weight: 2 },
        { name: 'deep', model: 'run:digits-deep', access: 'white', weight: 1 },
      ],
      labels: 'all',
      ensemble: { combine: 'arithmetic', quorum: 'all' },
      student: {
        model: { architecture: 'mlp', hiddenUnits: [30, 30], dropout: 0 },
        baseline: 'none',
        references: {},
      },
      objective: [
        { term: 'kd', weight: 0.9, temperature: 4, standardize: false },
        { term: 'ce', weight: 0.1 },
      ],
      answers: { codec: 'auto' },
      training: {
        optimizer: 'adam',
        learningRate: { constant: { rate: 0.001, warmupSteps: 0 } },
        weightDecay: 0,
        batchSize: 128,
        epochs: 10,
        seed: 1,
        checkpointEverySteps: 200,
      },
      selection: { split: 'validation', metric: 'nll' },
      determinism: 'relaxed',
      teacherHealth: { atChance: 'refuse' },
    });
  });

  test('of standardised terms are those of their papers', () => {
    const objective = [{ term: 'kd', standardize: true }, { term: 'dkd' }, { term: 'dist' }];
    expect(checkRunSpecification(distillation({ objective }), 'x').spec.objective).toEqual([
      { term: 'kd', weight: 9, temperature: 2, standardize: true },
      {
        term: 'dkd',
        weight: 1,
        temperature: 4,
        standardize: false,
        targetWeight: 1,
        othersWeight: 8,
      },
      { term: 'dist', weight: 2, temperature: 4, interClassWeight: 1, intraClassWeight: 1 },
    ]);
  });

  test('of mse-logits are the mean without centring', () => {
    const objective = [{ term: 'mse-logits' }];
    expect(checkRunSpecification(distillation({ objective }), 'x').spec.objective).toEqual([
      { term: 'mse-logits', weight: 0.9, reduction: 'mean', center: false },
    ]);
  });

  test('of a Training are the same, with weight 1 for ce', () => {
    const { spec: filled } = checkRunSpecification(training(), 'x');
    expect(filled.objective).toEqual([{ term: 'ce', weight: 1 }]);
    expect(filled.training.epochs).toBe(10);
  });

  test('include no epochs where steps are given', () => {
    const { spec: filled } = checkRunSpecification(training({ training: { steps: 500 } }), 'x');
    expect(filled.training).not.toHaveProperty('epochs');
  });

  test('are in a value that cannot be changed', () => {
    const specification = checkRunSpecification(distillation(), 'x');
    expect(() => {
      specification.spec.training.seed = 2;
    }).toThrow(TypeError);
  });
});

describe('normalisedText of a run specification', () => {
  const variants = {
    'the least': distillation(),
    'a training': training({ labels: { count: 200 } }),
    'every field': {
      ...(distillation({
        dataset: { path: '/data/digits.npz', digest: `sha256:${'0'.repeat(64)}` },
        labels: { count: 200, seed: 3 },
        ensemble: { combine: 'geometric' },
        teachers: [{ name: 'wide', model: 'wide', modality: 'sound' }],
        student: {
          model: { architecture: 'conv', filters: [8], denseUnits: [] },
          modality: 'pixels',
          baseline: 'run:alone',
          references: { studentAllLabels: 'run:all' },
        },
        objective: [{ term: 'kd', weight: 1, temperature: 1 }],
        views: { shift: 0.07 },
        training: {
          optimizer: 'momentum',
          momentum: 0.9,
          nesterov: true,
          learningRate: { step: { initial: 0.1, atSteps: [10, 20] } },
          clipNorm: 1,
          steps: 100,
        },
        selection: { everySteps: 50 },
      }) as object),
      metadata: { name: 'all', team: 'vision', labels: { purpose: 'test' } },
    },
    'a cosine schedule': training({ training: { learningRate: { cosine: { peak: 0.001 } } } }),
    'a pushed model': training({ student: { model: { model: 'run:before' } } }),
    'a fitted rule': distillation({
      teachers: [{ name: 'wide', model: 'wide' }],
      ensemble: { combine: 'accuracy', weighting: 'softmax', calibrate: true },
    }),
    'a resnet': training({ student: { model: { architecture: 'resnet', depth: 20 } } }),
  };

  test.each(Object.entries(variants))('reads back unchanged: %s', (_name, document) => {
    const specification = checkRunSpecification(document, 'x');
    const text = normalisedText(specification);
    expect(parseRunSpecification(text, 'x')).toEqual(specification);
    expect(normalisedText(parseRunSpecification(text, 'x'))).toBe(text);
  });

  test('is the same for two documents with the same meaning, and has no absent keys', () => {
    const short = checkRunSpecification(training({ training: { learningRate: 0.01 } }), 'x');
    const long = checkRunSpecification(
      training({ training: { epochs: 10, learningRate: { constant: { rate: 0.01 } } } }),
      'x',
    );
    expect(specificationDigest(short)).toBe(specificationDigest(long));
    expect(normalisedText(short)).not.toMatch(/views|steps"|clipNorm|momentum|team|modality/);
  });
});

describe('checkRunSpecification refuses', () => {
  test('an unknown key, and suggests a similar key', () => {
    expect(problemOf(distillation({ objective: [{ term: 'kd', temprature: 4 }] }))).toBe(
      'spec.objective[0].temprature: is not a known key here; did you mean temperature?',
    );
    expect(problemOf(distillation({ Views: {} }))).toBe(
      'spec.Views: is not a known key here; did you mean views?',
    );
  });

  test('an unknown key, and lists the known keys', () => {
    const model = { architecture: 'mlp', units: 3 };
    expect(problemOf(distillation({ student: { model } }))).toBe(
      'spec.student.model.units: is not a known key here; known here are architecture, hiddenUnits and dropout',
    );
  });

  test('mixup beside a term or rule that needs a single label per sample', () => {
    const mixed = { views: { mixup: true, crop: 0.2 } };
    expect(problemOf(distillation({ ...mixed, objective: [{ term: 'dkd' }] }))).toBe(
      'spec.objective[0].term: dkd needs the one label of each sample, and spec.views.mixup mixes two; want mixup: false, or term: kd',
    );
    const teachers = [{ name: 'wide', model: 'wide' }];
    const knowing = { ...mixed, teachers, ensemble: { combine: 'ca-mkd' } };
    expect(problemOf(distillation(knowing))).toBe(
      'spec.ensemble.combine: ca-mkd needs the one label of each sample, and spec.views.mixup mixes two; want mixup: false, or combine: entropy',
    );
    expect(() => checkRunSpecification(distillation(mixed), 'x')).not.toThrow();
    expect(problemOf(distillation({ views: { crop: 1 } }))).toBe(
      'spec.views.crop: want a number, at least 0 and less than 1, got 1',
    );
  });

  test('wrong intervals of randomResizedCrop, and randomResizedCrop beside shift', () => {
    const problem = (views: object) => problemOf(distillation({ views }));
    const cropped = (crop: object, ...others: object[]) =>
      problem(Object.assign({ randomResizedCrop: crop }, ...others));
    expect(cropped({}, { shift: 0.1 })).toBe(
      'spec.views.shift: cannot be with randomResizedCrop, which says alone what is kept; want shift: 0, or no randomResizedCrop',
    );
    expect(cropped({ area: [0.5, 0.4] })).toBe(
      'spec.views.randomResizedCrop.area: want [from, to], two shares of the area above 0 and up to 1, the smaller one first, got a list of 2',
    );
    expect(cropped({ area: [0, 1] })).toBe(
      'spec.views.randomResizedCrop.area[0]: want a share of the area, above 0 and up to 1, got 0',
    );
    expect(cropped({ area: 0.5 })).toBe(
      'spec.views.randomResizedCrop.area: want [from, to], two shares of the area above 0 and up to 1, got 0.5',
    );
    expect(cropped({ ratio: [0, 1] })).toBe(
      'spec.views.randomResizedCrop.ratio[0]: want width by height, a number above 0, got 0',
    );
    const views = { randomResizedCrop: {}, flip: true, mixup: true, cutout: 0.2 };
    expect(checkRunSpecification(distillation({ views }), 'x').spec.views).toMatchObject({
      randomResizedCrop: { area: [0.08, 1], ratio: [3 / 4, 4 / 3] },
    });
  });

  test('names in teacherHealth.accept that are no teachers', () => {
    const teachers = [{ name: 'wide', model: 'wide' }];
    const accepting = (accept: unknown) =>
      problemOf(distillation({ teachers, teacherHealth: { accept } }));
    expect(accepting(['wide', 'lenet'])).toBe(
      'spec.teacherHealth.accept[1]: "lenet" is none of spec.teachers; they are wide',
    );
    expect(accepting([])).toBe(
      'spec.teacherHealth.accept: want a list of names of teachers, got an empty list',
    );
    const accept = { teachers, teacherHealth: { accept: ['wide'] } };
    expect(checkRunSpecification(distillation(accept), 'x').spec).toMatchObject({
      teacherHealth: { atChance: 'refuse', accept: ['wide'] },
    });
  });

  test('100,000 unknown names in teacherHealth.accept with at most 64 short lines', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => `t${i}`);
    const teachers = many.map((name) => ({ name, model: 'x' }));
    const accept = many.map((name) => `${name}-${'x'.repeat(200)}`);
    const text = problemOf(distillation({ teachers, teacherHealth: { accept } }));
    const lines = text.split('\n').filter((line) => line.includes('is none of spec.teachers'));
    expect(lines.length).toBeLessThanOrEqual(64);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(300);
  });

  test('a missing key, and names the wanted value', () => {
    expect(problemOf(distillation({ dataset: undefined }))).toBe(
      'spec.dataset: is missing; want the name of a pushed set, or { path, digest } on a mounted volume',
    );
    expect(problemOf(distillation({ student: undefined }))).toBe(
      'spec.student: is missing; want a mapping with model, modality, baseline and references',
    );
  });

  test.each([
    [{ batchSize: '12' }, 'batchSize: want a whole number from 1 to 65536, got "12"'],
    [{ batchSize: 0 }, 'batchSize: want a whole number from 1 to 65536, got 0'],
    [{ seed: 1.5 }, 'seed: want a whole number from 0 to 4294967295, got 1.5'],
    [{ weightDecay: -1 }, 'weightDecay: want a number, at least 0, got -1'],
    [{ clipNorm: null }, 'clipNorm: want a number greater than 0, got nothing'],
    [{ epochs: [1, 2] }, 'epochs: want a whole number greater than 0, got a list of 2'],
    [
      { optimizer: 'adma' },
      `optimizer: want ${listed(OPTIMIZER_NAMES)}, got "adma"; did you mean adam?`,
    ],
    [{ learningRate: Number.NaN }, 'learningRate: want a number greater than 0, got NaN'],
    [
      { learningRate: 'fast' },
      `learningRate: want a number, or one of ${listed(
        SCHEDULES.map(({ name }) => `{ ${name} }`),
        'and',
      )} with its settings, got "fast"`,
    ],
    [
      { learningRate: { step: {}, cosine: {} } },
      'learningRate: has step and cosine; want only one of them',
    ],
    [
      { learningRate: { step: { initial: 1, atSteps: [20, 10] } } },
      'learningRate.step.atSteps: must rise: each step later than the one before',
    ],
    [{ epochs: 1, steps: 1 }, 'steps: give epochs or steps, not both'],
    [{ momentum: 0.9 }, 'momentum: belongs to optimizer: momentum, and the optimizer is adam'],
    [
      { nesterov: true, optimizer: 'sgd' },
      'nesterov: belongs to optimizer: momentum, and the optimizer is sgd',
    ],
  ])('spec.training %j', (settings, told) => {
    expect(problemOf(distillation({ training: settings }))).toBe(`spec.training.${told}`);
  });

  const three = ['a', 'b', 'c'].map((name) => ({ name, model: name }));

  test.each([
    [{ quorum: 2, deadlineMs: 500 }],
    [{ quorum: 1, deadlineMs: 1, maxDegradedShare: 0 }],
    [{ quorum: 3 }],
    [{ quorum: 'all' }],
  ])('nothing in the ensemble %j of three teachers', (ensemble) => {
    expect(problemsOf(distillation({ teachers: three, ensemble }))).toEqual([]);
  });

  test.each([
    [{ quorum: 'most' }, 'quorum: want all, or a number of teachers, got "most"'],
    [{ quorum: 0 }, 'quorum: want a whole number greater than 0, got 0'],
    [{ quorum: 4 }, 'quorum: want at most the 3 teachers that there are, or all; got 4'],
    [
      { quorum: 2 },
      'deadlineMs: is missing; quorum 2 of 3 teachers needs the milliseconds that an otherwise idle student waits for the rest',
    ],
    [
      { quorum: 2, deadlineMs: 500, combine: 'mixture-em' },
      `quorum: want all beside mixture-em, which is fitted to all teachers together; or combine by ${OF_EACH}, not calibrated`,
    ],
    [
      { quorum: 3, deadlineMs: 500 },
      'deadlineMs: belongs to a quorum below the number of teachers (3); give spec.ensemble.quorum, or leave it out',
    ],
    [
      { maxDegradedShare: 0.5 },
      'maxDegradedShare: belongs to a quorum below the number of teachers (3); give spec.ensemble.quorum, or leave it out',
    ],
    [
      { quorum: 2, deadlineMs: 0 },
      'deadlineMs: want milliseconds, a whole number from 1 to 86400000, got 0',
    ],
    [
      { quorum: 2, deadlineMs: 5, maxDegradedShare: 1.5 },
      'maxDegradedShare: want a number from 0 to 1, got 1.5',
    ],
  ])('the ensemble %j of three teachers', (ensemble, told) => {
    expect(problemOf(distillation({ teachers: three, ensemble }))).toBe(`spec.ensemble.${told}`);
  });

  test('a teacher of weight 0 with a quorum below all', () => {
    const teachers = [...three.slice(0, 2), { name: 'c', model: 'c', weight: 0 }];
    expect(problemOf(distillation({ teachers, ensemble: { quorum: 2, deadlineMs: 5 } }))).toBe(
      'spec.teachers[2].weight: want a weight above 0: with a quorum below all, targets may be made of any teachers',
    );
  });

  test('a faulty learning rate schedule with the problems of the schedule that is named', () => {
    const settings = { learningRate: { cosine: { peek: 1 } } };
    expect(problemsOf(distillation({ training: settings }))).toEqual([
      {
        path: 'spec.training.learningRate.cosine.peak',
        message: 'is missing; want a number greater than 0',
      },
      {
        path: 'spec.training.learningRate.cosine.peek',
        message: 'is not a known key here; did you mean peak?',
      },
    ]);
  });

  test('an unknown architecture, and a model without an architecture', () => {
    expect(problemOf(distillation({ student: { model: { architecture: 'mpl' } } }))).toBe(
      `spec.student.model.architecture: want ${listed(ARCHITECTURE_NAMES)}, got "mpl"; did you mean mlp?`,
    );
    expect(problemOf(distillation({ student: { model: {} } }))).toBe(
      `spec.student.model: names no architecture and no model; want { architecture: ${ARCHITECTURE_NAMES.join(' | ')}, … } or { model: NAME }`,
    );
  });

  test('a share above 1', () => {
    const shares = (share: number) =>
      distillation({
        objective: [
          { term: 'jeffreys', reverseShare: share },
          { term: 'gjs', targetShare: share },
        ],
      });
    expect(problemsOf(shares(1))).toEqual([]);
    expect(problemsOf(shares(1.5)).map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'spec.objective[0].reverseShare: want a number from 0 to 1, got 1.5',
      'spec.objective[1].targetShare: want a number from 0 to 1, got 1.5',
    ]);
  });

  test('a temperature of 0', () => {
    const objective = [{ term: 'kd', temperature: 0 }];
    expect(problemOf(distillation({ objective }))).toBe(
      'spec.objective[0].temperature: want a number greater than 0, at most 1000, got 0',
    );
  });

  test('unknown terms, and settings of other terms', () => {
    expect(problemOf(distillation({ objective: [{ term: 'gjs', skew: 0.1 }] }))).toContain(
      'spec.objective[0].skew: is not a known key here',
    );
    const hard = [{ term: 'hard-label', temperature: 4 }];
    expect(problemOf(distillation({ objective: hard }))).toContain(
      'spec.objective[0].temperature: does not change which class is most probable',
    );
    expect(problemOf(distillation({ objective: [{ term: 'kl-revers' }] }))).toContain(
      'did you mean kl-reverse?',
    );
    expect(problemOf(training({ objective: [{ term: 'dkd' }] }))).toBe(
      'spec.objective[0].term: dkd asks teachers; it belongs to kind: Distillation',
    );
  });

  test('teachers with negative weights or with weights that are all 0', () => {
    const withWeights = (...weights: number[]): unknown =>
      distillation({ teachers: spec.teachers.map((t, i) => ({ ...t, weight: weights[i] })) });
    expect(problemOf(withWeights(0, 0))).toBe(
      'spec.teachers: all weights are 0; at least one must be greater',
    );
    expect(problemOf(withWeights(1, -1))).toBe(
      'spec.teachers[1].weight: want a number, at least 0, got -1',
    );
    expect(problemsOf(withWeights(0, 1))).toEqual([]);
  });

  test('teacher weights beside a rule that computes them', () => {
    const teachers = spec.teachers.map((t, i) => ({ ...t, weight: i + 1 }));
    expect(problemOf(distillation({ teachers, ensemble: { combine: 'entropy' } }))).toBe(
      `spec.teachers[1].weight: has no effect beside spec.ensemble.combine: entropy, which computes the weights; leave it out, or combine by ${OF_WEIGHTS}`,
    );
    expect(problemsOf(distillation({ teachers, ensemble: { combine: 'mean-logit' } }))).toEqual([]);
  });

  test('a weighting that the rule does not have', () => {
    const combining = (ensemble: unknown) =>
      distillation({ teachers: [{ name: 'wide', model: 'wide' }], ensemble });
    expect(problemOf(combining({ combine: 'geometric', weighting: 'ebkd' }))).toBe(
      'spec.ensemble.weighting: belongs to combine: entropy or accuracy, and spec.ensemble.combine is geometric',
    );
    expect(problemOf(combining({ combine: 'accuracy', weighting: 'margin' }))).toBe(
      'spec.ensemble.weighting: want linear, softmax or log-odds beside spec.ensemble.combine: accuracy, got margin',
    );
    expect(problemOf(combining({ combine: 'entropie' }))).toContain('did you mean entropy?');
  });

  test('a plugin rule without a name, and plugin settings beside other rules', () => {
    const combining = (ensemble: unknown) =>
      distillation({ teachers: [{ name: 'wide', model: 'wide' }], ensemble });
    expect(problemOf(combining({ combine: 'plugin' }))).toBe(
      'spec.ensemble.rule: is missing; spec.ensemble.combine: plugin wants the name of a rule of the plugin',
    );
    expect(problemOf(combining({ rule: 'mine' }))).toBe(
      'spec.ensemble.rule: belongs to combine: plugin, and spec.ensemble.combine is arithmetic',
    );
    expect(problemOf(combining({ combine: 'entropy', settings: { a: 1 } }))).toBe(
      'spec.ensemble.settings: belongs to combine: plugin, and spec.ensemble.combine is entropy',
    );
    expect(problemOf(combining({ combine: 'plugin', rule: 'Mine' }))).toContain(
      'spec.ensemble.rule: want a name of the plugin',
    );
    expect(problemOf(combining({ combine: 'plugin', rule: 'mine', settings: { a: 'b' } }))).toBe(
      'spec.ensemble.settings.a: want a number, got "b"',
    );
  });

  test('calibration of votes', () => {
    const combining = (ensemble: unknown) =>
      distillation({ teachers: [{ name: 'wide', model: 'wide' }], ensemble });
    expect(problemOf(combining({ combine: 'dawid-skene', calibrate: true }))).toContain(
      'spec.ensemble.calibrate: changes no vote',
    );
    const off = checkRunSpecification(combining({ calibrate: false }), 'x');
    expect(off.spec).toHaveProperty('ensemble', { combine: 'arithmetic', quorum: 'all' });
  });

  test('two teachers with the same name', () => {
    const teachers = [...spec.teachers, { name: 'wide', model: 'other' }];
    expect(problemOf(distillation({ teachers }))).toBe(
      'spec.teachers[2].name: "wide" is the name of spec.teachers[0] too; names must differ',
    );
  });

  const mixed = (changes: Record<string, unknown>, access = ['white', 'white', 'black']) =>
    distillation({ teachers: three.map((t, k) => ({ ...t, access: access[k] })), ...changes });
  const vote = { term: 'vote' };

  test.each([
    [{ objective: [{ term: 'kd', teachers: ['a', 'b'] }, vote] }],
    [
      {
        objective: [
          { term: 'kd', teachers: ['b', 'a'] },
          { term: 'vote', teachers: ['c'] },
        ],
      },
    ],
    [{ ensemble: { combine: 'majority-vote' }, objective: [{ term: 'kd' }] }],
    [{ ensemble: { combine: 'dawid-skene' }, objective: [{ term: 'hard-label' }] }],
    [{ ensemble: { combine: 'accuracy' }, objective: [{ term: 'kd', teachers: ['a'] }, vote] }],
    [
      {
        ensemble: { combine: 'aekd', bound: 0.8 },
        objective: [{ term: 'kd', teachers: ['a', 'b'] }, vote],
      },
    ],
  ])('nothing in a run that uses a black box only for votes: %j', (changes) => {
    expect(problemsOf(mixed(changes))).toEqual([]);
  });

  test.each([
    [
      { objective: [{ term: 'kd' }] },
      'spec.objective[0].term: kd needs logits, and spec.teachers[2].access of c is black: it gives final answers only; use teachers: [a, b], term: vote or spec.ensemble.combine: majority-vote or dawid-skene',
    ],
    [
      { objective: [vote, { term: 'mse-logits', teachers: ['c'] }] },
      'spec.objective[1].teachers: mse-logits needs logits, and spec.teachers[2].access of c is black: it gives final answers only; use term: vote',
    ],
    [
      { objective: [vote, { term: 'kd', teachers: ['a'] }], ensemble: { calibrate: true } },
      'spec.ensemble.calibrate: is fitted to the logits of all teachers, and spec.teachers[2].access is black: it gives final answers only; combine by accuracy or dawid-skene, not calibrated',
    ],
    [
      {
        objective: [
          vote,
          { term: 'hint', guidedLayer: 'x', hintLayer: { a: 'x', c: 'x' } },
          { term: 'kd', teachers: ['a'] },
        ],
      },
      'spec.objective[1].hintLayer: hint needs features, and spec.teachers[2].access of c is black: it gives final answers only; use teachers: [a] or term: vote',
    ],
  ])('a run that needs more than a black box gives: %j', (changes, told) => {
    expect(problemOf(mixed(changes))).toBe(told);
  });

  test('a run that needs more than a gray box gives', () => {
    const objective = [{ term: 'kd' }, { term: 'rkd', guidedLayer: 'x', hintLayer: 'x' }];
    expect(problemOf(mixed({ objective }, ['white', 'gray', 'white']))).toBe(
      'spec.objective[1].term: rkd needs features, and spec.teachers[1].access of b is gray: it gives logits only; use teachers: [a, c] or term: kd',
    );
  });

  const open = ['white', 'gray', 'white'];
  test.each([
    [
      { objective: [{ term: 'kd', teachers: ['a', 'd'] }] },
      'spec.objective[0].teachers[1]: "d" is none of spec.teachers; want a, b or c',
    ],
    [
      { objective: [{ term: 'kd', teachers: ['a', 'a'] }] },
      'spec.objective[0].teachers[1]: "a" was named before',
    ],
    [
      { objective: [{ term: 'kd', teachers: [] }] },
      'spec.objective[0].teachers: want a list of names of spec.teachers, got an empty list',
    ],
    [
      { objective: [{ term: 'kd' }, { term: 'ce', teachers: ['a'] }] },
      'spec.objective[1].teachers: belongs to terms that ask teachers, and ce compares with the labels of the set',
    ],
    [
      {
        objective: [
          { term: 'kd', teachers: ['a', 'b'] },
          { term: 'vote', weight: 0 },
        ],
      },
      "spec.teachers[2]: no term of spec.objective asks c; name it in a term's teachers, or leave it out",
    ],
    [
      {
        ensemble: { quorum: 2, deadlineMs: 5 },
        objective: [vote, { term: 'kd', teachers: ['b'] }],
      },
      'spec.objective[1].teachers: kd compares with b alone, and spec.ensemble.quorum: 2 of 3 may leave it without; name more teachers, or want a quorum of 3',
    ],
    [
      { ensemble: { combine: 'mixture-em' }, objective: [vote, { term: 'gjs', teachers: ['a'] }] },
      'spec.objective[1].teachers: want all teachers beside spec.ensemble.combine: mixture-em, which is fitted to all together; leave it out, or combine by accuracy',
    ],
    [
      { ensemble: { combine: 'per-class' }, objective: [{ term: 'mse-logits' }] },
      "spec.objective[0].term: mse-logits averages logits by the teachers' shares, and spec.ensemble.combine: per-class has none; combine by arithmetic, entropy, accuracy or mixture-em",
    ],
    [
      { ensemble: { combine: 'majority-vote' }, objective: [{ term: 'kd', standardize: true }] },
      'spec.objective[0].standardize: standardises logits, and spec.ensemble.combine: majority-vote has votes and no logits; leave it out, or combine by arithmetic',
    ],
    [
      { ensemble: { combine: 'aekd' }, objective: [{ term: 'kd', standardize: true }] },
      'spec.objective[0].standardize: standardises logits, and spec.ensemble.combine: aekd takes gradients of plain logits; leave it out, or combine by arithmetic',
    ],
    [
      { ensemble: { combine: 'aekd' }, objective: [{ term: 'dkd' }] },
      'spec.objective[0].term: spec.ensemble.combine: aekd weighs teachers by the gradients of kd; use term: kd, or combine by arithmetic for dkd',
    ],
    [
      { ensemble: { combine: 'aekd', quorum: 2, deadlineMs: 5 } },
      `spec.ensemble.quorum: want all beside aekd, which weighs all teachers together; or combine by ${OF_EACH}, not calibrated`,
    ],
    [
      { ensemble: { bound: 0.5 } },
      'spec.ensemble.bound: belongs to combine: aekd, and spec.ensemble.combine is arithmetic',
    ],
    [
      { objective: [{ term: 'topk-kd' }] },
      'spec.objective[0].k: is missing; want a whole number from 1 to 128',
    ],
  ])('terms, teachers and rules that do not fit together: %j', (changes, told) => {
    expect(problemOf(mixed(changes, open))).toBe(told);
  });

  test('more than 8 teachers for aekd', () => {
    const teachers = Array.from({ length: 9 }, (_, k) => ({ name: `t${k}`, model: 'm' }));
    const nine = (objective: unknown) =>
      distillation({ teachers, ensemble: { combine: 'aekd' }, objective });
    expect(problemOf(nine([{ term: 'kd' }]))).toBe(
      'spec.objective[0].term: spec.ensemble.combine: aekd is for at most 8 teachers a term, and these are 9; name fewer in teachers, or combine by arithmetic',
    );
    const eight = teachers.slice(0, 8).map(({ name }) => name);
    expect(problemsOf(nine([{ term: 'kd', teachers: eight }, { term: 'vote' }]))).toEqual([]);
  });

  test('a term whose teachers all have weight 0', () => {
    const teachers = three.map((t, k) => ({ ...t, weight: k }));
    const objective = [{ term: 'kd' }, { term: 'vote', teachers: ['a'] }];
    expect(problemOf(distillation({ teachers, objective }))).toBe(
      'spec.objective[1].teachers: vote compares with a alone, and every weight there is 0; at least one must be greater',
    );
  });

  test('a Distillation without teachers, or without a term that asks them', () => {
    expect(problemOf(distillation({ teachers: [] }))).toBe(
      'spec.teachers: want a list of 1 to 64 teachers, got an empty list',
    );
    const objective = [{ term: 'ce' }, { term: 'kd', weight: 0 }];
    expect(problemOf(distillation({ objective }))).toBe(
      'spec.objective: no term asks the teachers; add { term: kd } with a weight above 0, or use kind: Training',
    );
  });

  test('the fields of a Distillation in a Training', () => {
    const student = { ...spec.student, baseline: 'train' };
    const objective = [{ term: 'kd' }];
    expect(problemsOf(training({ teachers: [], ensemble: {}, student, objective }))).toEqual([
      {
        path: 'spec.student.baseline',
        message: 'belongs to kind: Distillation, and this is kind: Training',
      },
      {
        path: 'spec.objective[0].term',
        message: 'kd asks teachers; it belongs to kind: Distillation',
      },
      {
        path: 'spec.teachers',
        message: 'belongs to kind: Distillation, and this is kind: Training',
      },
      {
        path: 'spec.ensemble',
        message: 'belongs to kind: Distillation, and this is kind: Training',
      },
    ]);
  });

  test('a run name with capitals or spaces', () => {
    const document = { ...(distillation() as object), metadata: { name: 'Digits run' } };
    expect(problemOf(document)).toBe(
      'metadata.name: want a name: lower-case letters, digits, dashes and dots, at most 63, no dash or dot at the ends, got "Digits run"',
    );
  });

  test.each(['Distilation', undefined])(
    'an unknown kind (%s), and reports the other problems too',
    (kind) => {
      const document = {
        apiVersion: 'v1',
        kind,
        metadata: { name: 'x' },
        spec: {
          dataset: 'digits',
          teachers: [{ name: 'wide', model: 'digits-wide', weight: 0 }],
          student: { model: { architecture: 'mpl' } },
          traning: {},
          training: { epochs: 1, steps: 1 },
        },
      };
      expect(problemsOf(document).map(({ path }) => path)).toEqual([
        'apiVersion',
        'kind',
        'spec.student.model.architecture',
        'spec.traning',
        'spec.teachers',
        'spec.training.steps',
      ]);
    },
  );

  test('an unknown kind without teachers, and reports the other problems too', () => {
    const document = {
      apiVersion: 'v1',
      kind: 'Distilation',
      metadata: { name: 'x' },
      spec: { dataset: 'digits' },
    };
    expect(problemsOf(document)).toEqual([
      {
        path: 'apiVersion',
        message: 'want lyceum.dev/v1alpha1, got "v1"',
      },
      {
        path: 'kind',
        message: 'want Distillation or Training, got "Distilation"; did you mean Distillation?',
      },
      { path: 'spec.student', message: 'is missing; want a mapping with model and modality' },
    ]);
  });

  test.each([
    ['hiddenUnits', { architecture: 'mlp', hiddenUnits: [1e9] }, '2,000,000,000'],
    ['hiddenUnits', { architecture: 'mlp', hiddenUnits: [20_000, 20_000] }, '400,060,000'],
    ['denseUnits', { architecture: 'conv', denseUnits: [1e9] }, '2,000,000,000'],
    ['filters', { architecture: 'conv', filters: [5_000, 5_000] }, '225,055,000'],
    ['dimension', { architecture: 'embedding-bag', dimension: 1e9 }, '1,000,000,000'],
  ])('a student too large to be stored, by its %s', (field, model, count) => {
    expect(problemOf(training({ student: { model } }))).toBe(
      `spec.student.model.${field}: makes a student of at least ${count} parameters; want at most 178,956,970, whose checkpoint can be stored`,
    );
  });

  test.each([
    ['a number', 5, 'got 5'],
    ['nothing', null, 'got nothing'],
    ['a list', [1], 'got a list of 1'],
  ])('a document that is %s', (_name, document, got) => {
    expect(problemOf(document)).toBe(
      `: want a mapping with apiVersion, metadata, kind and spec, ${got}`,
    );
  });

  test('several faults at once: types, unknown keys and contradictions between fields', () => {
    const problems = problemsOf(
      distillation({
        dataset: 5,
        teachers: [
          { name: 'a', model: 'm', weight: 0 },
          { name: 'a', wieght: 2 },
        ],
        student: { model: { architecture: 'resnet', depth: 9 } },
        training: { momentum: 2, epochs: 1, steps: 2 },
      }),
    );
    expect(problems.map(({ path }) => path)).toEqual([
      'spec.dataset',
      'spec.teachers[1].model',
      'spec.teachers[1].wieght',
      'spec.student.model.depth',
      'spec.training.momentum',
      'spec.teachers[1].name',
      'spec.training.steps',
      'spec.training.momentum',
    ]);
  });
});

/** Each list holds the list before it ten times. */
const ALIASES = ['a: &a [x]', ...'bcdefgh']
  .map((key, i, keys) => {
    const before = keys[i - 1]?.[0];
    return before === undefined ? key : `${key}: &${key} [${`*${before},`.repeat(10)}]`;
  })
  .join('\n');

/** Each mapping merges the mapping before it ten times. */
const MERGES = ['a: &a { x: 1 }', ...'bcdefgh']
  .map((key, i, keys) => {
    const before = keys[i - 1]?.[0];
    return before === undefined ? key : `${key}: &${key} { <<: [${`*${before},`.repeat(10)}] }`;
  })
  .join('\n');

describe('parseRunSpecification', () => {
  test('reads YAML and JSON', () => {
    const json = JSON.stringify(distillation());
    const yaml = [
      `apiVersion: ${apiVersion}`,
      'kind: Distillation',
      'metadata: { name: digits }',
      'spec:',
      '  dataset: digits',
      '  teachers:',
      '    - { name: wide, model: digits-wide, weight: 2 }',
      '    - { name: deep, model: "run:digits-deep" }',
      '  student: { model: { architecture: mlp } }',
    ].join('\n');
    expect(parseRunSpecification(yaml, 'x')).toEqual(parseRunSpecification(json, 'x'));
  });

  test('reads YAML merge keys', () => {
    const yaml = [
      `apiVersion: ${apiVersion}`,
      'kind: Distillation',
      'metadata: { name: digits }',
      'spec:',
      '  dataset: digits',
      '  teachers:',
      '    - &wide { name: wide, model: digits-wide, weight: 2 }',
      '    - { <<: *wide, name: deep, weight: 1 }',
      '  student: { model: { architecture: mlp } }',
    ].join('\n');
    expect(parseRunSpecification(yaml, 'x').spec).toMatchObject({
      teachers: [
        { name: 'wide', model: 'digits-wide', weight: 2 },
        { name: 'deep', model: 'digits-wide', weight: 1 },
      ],
    });
  });

  test.each([
    ['unclosed', 'a: [', 'run.yaml cannot be used:\n  - is not YAML: '],
    ['a key twice', 'a: 1\na: 2', 'Map keys must be unique'],
    ['two documents', 'a: 1\n---\na: 2', 'holds 2 documents, divided by lines of ---; want one'],
    ['merges that multiply', MERGES, 'grows by its aliases'],
    ['aliases that multiply', ALIASES, 'grows by its aliases'],
    ['too long', `# ${'x'.repeat(SPECIFICATION_MAX_BYTES)}`, 'at most 65536 are read'],
    ['empty', '', 'got nothing'],
  ])('refuses a text that is %s', (_name, text, told) => {
    expect(() => parseRunSpecification(text, 'run.yaml')).toThrow(InvalidDocumentError);
    expect(() => parseRunSpecification(text, 'run.yaml')).toThrow(told);
  });
});

test('runSpecificationJsonSchema contains keys of terms, models and schedules', () => {
  const schema = JSON.stringify(runSpecificationJsonSchema());
  for (const key of ['anyOf', 'teachers', 'hiddenUnits', 'cosine', 'temperature', 'resnet']) {
    expect(schema).toContain(`"${key}"`);
  }
});

describe('spec.retention', () => {
  test('is a number of whole seconds, in a Distillation and in a Training', () => {
    const retention = { ttlAfterFinished: 600 };
    for (const document of [distillation({ retention }), training({ retention })]) {
      expect(checkRunSpecification(document, 'x').spec.retention).toEqual(retention);
    }
    expect(problemOf(training({ retention: { ttlAfterFinished: 0 } }))).toBe(
      'spec.retention.ttlAfterFinished: want a whole number greater than 0, got 0',
    );
  });

  test('is absent by default, and then not in the normalised text', () => {
    const specification = checkRunSpecification(training(), 'x');
    expect(specification.spec.retention).toBeUndefined();
    expect(normalisedText(specification)).not.toContain('retention');
  });
});

describe('spec.answers', () => {
  const topK = (changes: object, codec: object = { topK: 100 }) =>
    problemOf(distillation({ answers: { codec }, ...changes }));
  const kd = { term: 'kd', temperature: 1 };

  test('has the codec auto by default', () => {
    expect(checkRunSpecification(distillation(), 'x').spec).toMatchObject({
      answers: { codec: 'auto' },
    });
  });

  test('accepts every codec by name, and topK with a number', () => {
    for (const codec of [...CODEC_WORDS, { topK: 5 }]) {
      const document = distillation({ answers: { codec }, objective: [kd, { term: 'ce' }] });
      expect(checkRunSpecification(document, 'x').spec).toMatchObject({ answers: { codec } });
    }
  });

  test.each([
    [{ codec: 'uint8' }, `spec.answers.codec: want ${listed(['auto', ...CODEC_WORDS])}`],
    [
      { codec: 16 },
      `spec.answers.codec: want ${['auto', ...CODEC_WORDS].join(', ')}, or { topK: K }`,
    ],
    [{ kodec: 'auto' }, 'spec.answers.kodec: is not a known key here; did you mean codec?'],
  ])('is refused with %j', (answers, told) => {
    expect(problemOf(distillation({ answers }))).toContain(told);
  });

  test('is refused with topK where a term or rule needs all classes', () => {
    const few = 'beside spec.answers.codec: topK';
    expect(topK({})).toContain(`spec.objective[0].temperature: want 1 ${few}`);
    expect(topK({ objective: [{ ...kd, temperature: 2 }] })).toContain('got 2;');
    expect(topK({ objective: [kd, { term: 'kl-reverse' }] })).toContain(
      `spec.objective[1].term: want kd, ce, soft-ce, kl-forward, gjs, skew-fkl, tvd, topk-kd or vote ${few}`,
    );
    expect(topK({ objective: [kd], ensemble: { combine: 'geometric' } })).toContain(
      `spec.ensemble.combine: want arithmetic, accuracy, per-class or mixture-em ${few}`,
    );
    expect(topK({ objective: [{ ...kd, standardize: true }] })).toContain(
      `spec.objective[0].standardize: want false ${few}`,
    );
    expect(topK({ objective: [kd], ensemble: { calibrate: true } })).toContain(
      `spec.ensemble.calibrate: want false ${few}`,
    );
  });

  test('is refused with topK 0', () => {
    expect(topK({ objective: [kd] }, { topK: 0 })).toBe(
      'spec.answers.codec.topK: want a whole number from 1 to 9999999, got 0',
    );
  });

  test('is refused in a Training', () => {
    expect(problemOf(training({ answers: { codec: 'auto' } }))).toContain(
      'spec.answers: belongs to kind: Distillation',
    );
  });
});
