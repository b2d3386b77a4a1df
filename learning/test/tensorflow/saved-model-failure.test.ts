/** Errors made from messages of TensorFlow. The messages are copied from the library. */
import { expect, it } from 'vitest';
import { savedModelFailure } from '../../src/tensorflow/saved-model-session.js';

it.each([
  [
    'Session fail to run with error: Could not find variable dense/kernel. This could mean that the variable has been deleted. In TF1, it can also mean the variable is uninitialized.',
    'nothing restores its variable dense/kernel; save a model of Keras 3 with model.export(FOLDER), and not with tf.saved_model.save',
  ],
  ['Session fail to run with error: something else', 'error: something else'],
])('savedModelFailure of: %s', (said, told) => {
  const { code, message } = savedModelFailure(new Error(said));
  expect(code).toBe('INVALID_ARGUMENT');
  expect(message).toMatch(/^TensorFlow refuses the model: /);
  expect(message).toContain(told);
});
