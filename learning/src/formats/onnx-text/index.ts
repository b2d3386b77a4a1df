/**
 * ONNX models that read texts, with the tokenizer that each was trained with: read without onnxruntime, checked,
 * described.
 */
export { onnxText } from './onnx-text.js';
export { type OnnxTextPackage, textClassifierOf } from './onnx-text-package.js';
export { readTextFolder } from './read-text-folder.js';
export type { TextClassifier, TokenInput } from './text-classifier.js';
export { paddedTokens, TextTokenizer, type Tokens } from './text-tokenizer.js';
