/** A stored model's description of its input may have been written by anybody. */
import { expect, test } from 'vitest';
import { canaryQuestion } from '../../src/open-inference/questions.js';

const asked = (input: string) => ({
  question: { input, sampleShape: [2] },
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    { name: 'text', datatype: 'BYTES', shape: [-1, 2] },
  ],
});

test('samples are sent in the datatype of the input that is named', () => {
  const [tensor] = canaryQuestion(asked('x'), {}, {}, 3);
  expect(tensor).toMatchObject({ name: 'x', datatype: 'FP32', shape: [3, 2] });
});

test.each([
  ['text', "the model's input text is BYTES; want numbers"],
  ['z', "the model's input z is not there; want numbers"],
])('no numbers are sent to %s', (input, message) => {
  expect(() => canaryQuestion(asked(input), {}, {}, 1)).toThrow(message);
});
