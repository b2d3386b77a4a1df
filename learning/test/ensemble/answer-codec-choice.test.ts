/** Specifications as users write them, read by the real parser. */
import { expect, it } from 'vitest';
import { chosenCodec } from '../../src/ensemble/answer-codec-choice.js';
import { parseRunSpecification } from '../../src/specification/run-specification.js';

function choice(classCount: number, fields: string): string {
  const specification = parseRunSpecification(
    `
apiVersion: lyceum.dev/v1alpha1
kind: Distillation
metadata: { name: digits }
spec:
  dataset: digits
  teachers: [{ name: wide, model: wide }]
  student: { model: { architecture: mlp } }
${fields}
`,
    'test',
  );
  if (specification.kind !== 'Distillation') throw new Error('not a distillation');
  return chosenCodec(specification.spec, classCount);
}

it.each([
  [10, 'uint8-affine'],
  [100, 'uint8-affine'],
  [101, 'float16'],
  [21_841, 'float16'],
])('takes by itself for %d classes %s', (classCount, codec) => {
  expect(choice(classCount, '')).toBe(codec);
});

it.each([
  '  ensemble: { combine: majority-vote }',
  '  ensemble: { combine: dawid-skene }',
  '  objective: [{ term: kd }, { term: hard-label }]',
  '  objective: [{ term: kd }, { term: vote }]',
  '  objective: [{ term: vote, mode: hard }]',
])('is exact where the greatest logit decides: %s', (fields) => {
  expect(choice(10, fields)).toBe('float32');
});

it('asks nothing of terms of weight 0', () => {
  const objective = '  objective: [{ term: kd }, { term: vote, weight: 0 }]';
  expect(choice(10, objective)).toBe('uint8-affine');
});

it.each([
  ['float32', 'float32'],
  ['float16', 'float16'],
  ['uint8-affine', 'uint8-affine'],
])('takes what is named: %s', (named, codec) => {
  expect(choice(10, `  answers: { codec: ${named} }`)).toBe(codec);
});

it('takes the greatest few only where they are asked for', () => {
  const objective = '  objective: [{ term: kd, temperature: 1 }]';
  expect(choice(21_841, objective)).toBe('float16');
  expect(choice(21_841, `  answers: { codec: { topK: 100 } }\n${objective}`)).toBe('top-k:100');
});
