/** Every term on the real engine leaves no tensors behind. Too slow for a unit test. */
import { expect, it } from 'vitest';
import { openEngine } from '../../src/tensorflow/engine/engine.js';
import { everyTerm } from './every-term.js';

const { tf } = await openEngine();
const STEPS = 500;

it.each(everyTerm(tf))(`$name leaves no tensor behind after ${STEPS} steps`, (term) => {
  const { by, inputs, loss } = term;
  const step = () => {
    const f = tf.valueAndGrad((x) => loss({ ...inputs, [by]: x }));
    const { value, grad } = f(inputs[by]);
    tf.dispose([value, grad]);
  };
  step();
  const before = tf.memory().numTensors;
  for (let count = 0; count < STEPS; count++) step();
  expect(tf.memory().numTensors).toBe(before);
});
