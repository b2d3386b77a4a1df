/** `initialRunText` is a run: the project's own parser reads it, for every architecture. */
import { ARCHITECTURE_NAMES } from '@lyceum/learning/architectures';
import { parseRunSpecification } from '@lyceum/learning/specification';
import { expect, test } from 'vitest';
import { chosen } from '../../src/init/choices.js';
import { offeredSet } from '../../src/init/cluster-offer.js';
import { initialRunText } from '../../src/init/initial-run.js';

const DATASET = { name: 'digits', description: '[28, 28, 1], 10 classes\n# and an end of line' };

test.each(ARCHITECTURE_NAMES)('initialRunText writes a distillation into %s', (student) => {
  const teachers = [
    { name: 'run:wide', description: '101,770 parameters' },
    { name: 'wide' },
    { name: 'lenet' },
  ];
  const text = initialRunText({ name: 'first', dataset: DATASET, teachers, student });
  const run = parseRunSpecification(text, 'the run');
  if (run.kind !== 'Distillation') throw new Error(run.kind);
  expect(run.metadata.name).toBe('first');
  expect(run.spec.dataset).toBe('digits');
  expect(run.spec.teachers).toMatchObject([
    { name: 'wide', model: 'run:wide' },
    { name: 'wide-2', model: 'wide' },
    { name: 'lenet', model: 'lenet' },
  ]);
  expect(run.spec.student.model).toMatchObject({ architecture: student });
  expect(run.spec.student.baseline).toBe('train');
  expect(text).toContain('# of the set: [28, 28, 1], 10 classes # and an end of line\n');
});

test('initialRunText lets no line end or control character of the coordinator through', () => {
  const said = 'red\u001b[2J\u202e\r\nkind: Training\u2028';
  const text = initialRunText({
    name: 'first',
    dataset: { name: 'digits', description: said },
    teachers: [{ name: 'wide', description: said }],
    student: 'mlp',
    modality: { name: 'pixels', others: [said] },
  });
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
  expect(text.match(/^kind: /gm)).toHaveLength(1);
  expect(parseRunSpecification(text, 'the run').kind).toBe('Distillation');
});

test('initialRunText gives teachers that only name classes black access and the term vote', () => {
  const box = { name: 'box', classesOnly: true };
  const read = (teachers: { name: string; classesOnly?: boolean }[]) => {
    const text = initialRunText({ name: 'first', dataset: DATASET, teachers, student: 'mlp' });
    const run = parseRunSpecification(text, 'the run');
    if (run.kind !== 'Distillation') throw new Error(run.kind);
    return run.spec;
  };
  const alone = read([box]);
  expect(alone.teachers).toMatchObject([{ name: 'box', access: 'black' }]);
  expect(alone.objective.map(({ term }) => term)).toEqual(['vote', 'ce']);
  const mixed = read([{ name: 'wide', classesOnly: false }, box]);
  expect(mixed.teachers.map(({ access }) => access)).toEqual(['white', 'black']);
  expect(mixed.objective).toMatchObject([
    { term: 'kd', weight: 0.45, teachers: ['wide'] },
    { term: 'vote', weight: 0.45, teachers: ['box'] },
    { term: 'ce', weight: 0.1 },
  ]);
});

test.each(ARCHITECTURE_NAMES)('initialRunText writes a training of %s alone', (student) => {
  const text = initialRunText({ name: 'first', dataset: DATASET, teachers: [], student });
  expect(parseRunSpecification(text, 'the run')).toMatchObject({
    kind: 'Training',
    spec: { student: { model: { architecture: student } } },
  });
});

test.each(['1.0', '123', '2026-01-01', 'null', 'true', '0x1f'])('keeps the set name %s', (name) => {
  const run = { name: 'first', dataset: { name }, teachers: [{ name }], student: 'mlp' } as const;
  const read = parseRunSpecification(initialRunText(run), 'the run');
  expect(read.spec).toMatchObject({ dataset: name, teachers: [{ name, model: name }] });
});

test('chosen takes numbers and names', () => {
  const choices = ['a', 'b', 'run:c'];
  expect(chosen('3, a', choices, false)).toEqual(['run:c', 'a']);
  expect(chosen('b run:c', choices, false)).toEqual(['b', 'run:c']);
  expect(chosen('other', [], true)).toEqual(['other']);
  expect(chosen('', choices, false)).toEqual([]);
  for (const wrong of ['4', '0', 'other']) {
    expect(() => chosen(wrong, choices, false)).toThrow(
      `${wrong} is not a choice; want a number up to 3`,
    );
  }
});

test('offeredSet suggests an architecture for each modality', () => {
  const students = (...modalities: object[]) =>
    offeredSet({ modalities }).modalities.map(({ name, student }) => [name, student]);
  expect(students({ sampleShape: [28, 28, 1] })).toEqual([[undefined, 'conv']]);
  expect(
    students(
      { name: 'facts', sampleShape: [12], encoding: { kind: 'table' } },
      { name: 'words', sampleShape: [2048], encoding: { kind: 'text' } },
    ),
  ).toEqual([
    ['facts', 'mlp'],
    ['words', 'embedding-bag'],
  ]);
  expect(offeredSet({})).toEqual({ modalities: [{ student: 'mlp' }] });
});

test("initialRunText names the student's modality, and the others in a comment", () => {
  const modality = { name: 'facts', others: ['pictures', 'words'] };
  const run = { name: 'first', dataset: DATASET, teachers: [], student: 'mlp', modality } as const;
  const text = initialRunText(run);
  expect(parseRunSpecification(text, 'the run').spec.student.modality).toBe('facts');
  expect(text).toContain('or pictures, words\n');
});

test.each([
  // samples of an epoch, epochs
  [undefined, 10],
  [1_000_000, 10],
  [5_600, 20],
  [656, 90],
  [21, 200],
  [0, 200],
])('initialRunText of %s samples an epoch has %s epochs', (epochSamples, epochs) => {
  const run = { name: 'first', dataset: DATASET, teachers: [], student: 'mlp' } as const;
  const text = initialRunText({ ...run, epochSamples });
  expect(parseRunSpecification(text, 'the run').spec.training.epochs).toBe(epochs);
});
