import { expect, test } from 'vitest';
import { foreignFormat } from '../../src/import/foreign-format.js';

test('foreignFormat keeps every letter of a path in its advice', () => {
  expect(foreignFormat('models/MY_NAME.keras', [])).toContain(
    `load_model('models/MY_NAME.keras').export('MY_NAME')`,
  );
  expect(foreignFormat('a$$b/c.h5', [])).toContain(`load_model('a$$b/c.h5').export('c')`);
});

test('foreignFormat tells weights of Keras from a model', () => {
  expect(foreignFormat('net.weights.h5', [])).toContain('holds the weights of a Keras model');
  expect(foreignFormat('weights.h5', [])).toContain('is a Keras file');
});
