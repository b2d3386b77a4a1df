/** The input named by a stored model, which may come from an untrusted source. */
import { expect, test } from 'vitest';
import { canaryQuestion } from '../../src/open-inference/questions.js';

const asked = (input: string) => ({
  question: { input, sampleShape: [2] },
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    { name: 'text', datatype: 'BYTES', shape: [-1, 2] },
  ],
});

test('canaryQuestion sends samples in the datatype of the named input', () => {
  const [tensor] = canaryQuestion(asked('x'), {}, {}, 3);
  expect(tensor).toMatchObject({ name: 'x', datatype: 'FP32', shape: [3, 2] });
});

test.each([
  ['text', "the model's input text is BYTES; want numbers"],
  ['z', "the model's input z is not there; want numbers"],
])('canaryQuestion refuses to send numbers to the input %s', (input, message) => {
  expect(() => canaryQuestion(asked(input), {}, {}, 1)).toThrow(message);
});
