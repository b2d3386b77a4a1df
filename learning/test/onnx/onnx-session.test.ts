/** Hints added to messages of the runtime. The messages are copied from the runtime. */
import { expect, it } from 'vitest';
import { runtimeWords } from '../../src/onnx/onnx-session.js';

it.each([
  [
    "This is an invalid model. Type Error: Type 'tensor(bfloat16)' of input parameter (x) of operator (Conv) in node (conv) is invalid.",
    '(conv) is invalid; it has that operation for other types of numbers: export the model in float32',
  ],
  [
    'Unsupported model IR version: 14, max supported IR version: 13',
    '13; the file is newer than the runtime: export it for an older opset',
  ],
  ['Some other words.', 'Some other words.'],
])('runtimeWords of: %s', (said, told) => {
  expect(runtimeWords(said)).toContain(told);
});
