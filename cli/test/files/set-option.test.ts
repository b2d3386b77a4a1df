/** `--set` on documents written by hand, right and wrong ones. */
import { expect, test } from 'vitest';
import { applySetting, parseSetting } from '../../src/files/set-option.js';

function set(document: unknown, ...texts: string[]): unknown {
  for (const text of texts) applySetting(document, parseSetting(text));
  return document;
}

test('--set replaces a field with any YAML value', () => {
  const document = { spec: { training: { epochs: 10, seed: 1 }, labels: 'all' } };
  expect(
    set(document, 'spec.training.epochs=20', 'spec.labels={count: 200, seed: 3}', 'spec.note=a=b'),
  ).toEqual({
    spec: { training: { epochs: 20, seed: 1 }, labels: { count: 200, seed: 3 }, note: 'a=b' },
  });
});

test('--set replaces an element of a list, and appends one at its end', () => {
  const document = { spec: { teachers: [{ weight: 1 }] } };
  expect(set(document, 'spec.teachers[0].weight=2', 'spec.teachers[1].name=b')).toEqual({
    spec: { teachers: [{ weight: 2 }, { name: 'b' }] },
  });
});

test('--set makes missing maps and lists of its path', () => {
  expect(set({}, 'a.b[0].c=null', 'a.d[0][0]=x')).toEqual({
    spec: { a: { b: [{ c: null }], d: [['x']] } },
  });
});

test('--set takes an empty value as null', () => {
  expect(set({}, 'a=')).toEqual({ spec: { a: null } });
});

test('--set adds a missing spec. to a path, but not before other top-level fields', () => {
  const document = { metadata: { name: 'a' }, spec: { training: { seed: 1 } } };
  expect(set(document, 'training.seed=2', 'metadata.name=b', 'kind=Training')).toEqual({
    kind: 'Training',
    metadata: { name: 'b' },
    spec: { training: { seed: 2 } },
  });
});

test.each([
  ['spec.training.epochs', 'has no "="'],
  ['=5', 'has no path'],
  ['a..b=5', 'is malformed at ".b"'],
  ['a.=5', 'is malformed at ""'],
  ['.a=5', 'is malformed at ".a"'],
  ['a[x]=5', 'is malformed at "[x]"'],
  ['a[-1]=5', 'is malformed at "[-1]"'],
  ['a[0=5', 'is malformed at "[0"'],
  ['[0]=5', 'is malformed at "[0]"'],
  ['a b=5', 'is malformed at " b"'],
  ['a.__proto__.b=5', 'is malformed at "__proto__.b"'],
  ['a={b', 'its value is not YAML'],
  ['a=&x [*x]', 'its value is more than 24 sections deep'],
  [`a=${'['.repeat(3000)}`, 'its value has lists or maps more than 100 deep'],
])('parseSetting refuses %s: %s', (text, problem) => {
  expect(() => parseSetting(text)).toThrow(problem);
});

test.each([
  ['spec.dataset.path=/x', 'spec.dataset is not a map'],
  ['spec.teachers.name=x', 'spec.teachers is not a map'],
  ['spec[0]=x', 'spec is not a list'],
  ['spec.teachers[3]=x', 'spec.teachers is not a list of 3 or more (it has 1)'],
])('applySetting refuses %s: %s', (text, problem) => {
  expect(() => set({ spec: { dataset: 'digits', teachers: [{}] } }, text)).toThrow(problem);
});

test('applySetting refuses a document that is no map', () => {
  expect(() => set('text', 'a=1')).toThrow('the specification is not a map');
});
