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
])('chosenCodec for %d classes is %s by default', (classCount, codec) => {
  expect(choice(classCount, '')).toBe(codec);
});

it.each([
  '  ensemble: { combine: majority-vote }',
  '  ensemble: { combine: dawid-skene }',
  '  objective: [{ term: kd }, { term: hard-label }]',
  '  objective: [{ term: kd }, { term: vote }]',
  '  objective: [{ term: vote, mode: hard }]',
])('chosenCodec is float32 where only the greatest logit counts: %s', (fields) => {
  expect(choice(10, fields)).toBe('float32');
});

it('chosenCodec ignores terms of weight 0', () => {
  const objective = '  objective: [{ term: kd }, { term: vote, weight: 0 }]';
  expect(choice(10, objective)).toBe('uint8-affine');
});

it.each([
  ['float32', 'float32'],
  ['float16', 'float16'],
  ['uint8-affine', 'uint8-affine'],
])('chosenCodec is the codec that the run names: %s', (named, codec) => {
  expect(choice(10, `  answers: { codec: ${named} }`)).toBe(codec);
});

it('chosenCodec is top-k only where the run asks for it', () => {
  const objective = '  objective: [{ term: kd, temperature: 1 }]';
  expect(choice(21_841, objective)).toBe('float16');
  expect(choice(21_841, `  answers: { codec: { topK: 100 } }\n${objective}`)).toBe('top-k:100');
});
