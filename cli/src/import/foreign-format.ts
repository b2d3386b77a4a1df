/** Recognises model files of other programs, and says how to convert them into models that can be pushed. Pure. */

/** By the end of the path: what the file is, and what to do. FILE is the path, NAME its name without the ending. */
const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [
    /\.(pt|pth|ckpt)$/,
    'is a PyTorch file; export the model with torch.onnx.export(model, sample, "model.onnx") and push that',
  ],
  [
    /\.weights\.h5$/,
    'holds the weights of a Keras model without the model; load them into it, and push what model.export(FOLDER) writes',
  ],
  [
    /\.(keras|h5|hdf5)$/,
    "is a Keras file; make a SavedModel of it and push that: KERAS_BACKEND=tensorflow python -c \"import keras; keras.saving.load_model('FILE').export('NAME')\"; of a file that Keras 2 wrote, import tf_keras as keras",
  ],
  [/\.tflite$/, 'is a TensorFlow Lite file; convert it with tf2onnx --tflite and push the .onnx'],
  [
    /\.(pkl|pickle|joblib)$/,
    "is a pickle; export a scikit-learn model with skl2onnx's convert_sklearn and push the .onnx",
  ],
  [
    /\.(safetensors|bin|npz)$/,
    'holds weights without their model; export the model as ONNX and push that (predictions are pushed with --dataset)',
  ],
  [/saved_model\.pb$/, 'is a part of a SavedModel; push the folder that it lies in'],
];

/** For a folder with the files of a slow tokenizer class: `vocab.txt`, or `spiece.model`. */
const NO_TOKENIZER =
  "has no tokenizer.json, which models of texts are pushed with; write it with python -c \"from transformers import AutoTokenizer as T; T.from_pretrained('FOLDER').save_pretrained('FOLDER')\"";

/**
 * @param path - as the user gave it.
 * @param members - names in it, if it is a folder.
 * @returns why the path cannot be pushed as it is, and what to do; undefined: it is no such file.
 */
export function foreignFormat(path: string, members: readonly string[]): string | undefined {
  if (members.includes('model.json')) return undefined;
  if (members.includes('tokenizer.json')) return textFolder(members);
  const onnx = members.filter((name) => name.endsWith('.onnx'));
  if (onnx.length > 0 && members.includes('tokenizer_config.json'))
    return NO_TOKENIZER.replaceAll('FOLDER', () => path);
  if (onnx.length > 0) return `is a folder; push the file in it: ${onnx.join(', ')}`;
  const advice = ENDINGS.find(([pattern]) => pattern.test(path.toLowerCase()))?.[1];
  const name =
    path
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/\.\w+$/, '') ?? '';
  // In one pass: a path may have NAME in it.
  return advice?.replaceAll(/FILE|NAME/g, (word) => (word === 'FILE' ? path : name));
}

/** Advice for a folder of a text model without a graph, as Hugging Face's programs write it; else undefined. */
function textFolder(members: readonly string[]): string | undefined {
  const hasGraph = members.some((name) => name === 'onnx' || name.endsWith('.onnx'));
  return hasGraph
    ? undefined
    : 'has a tokenizer and no model.onnx: make one with optimum-cli export onnx --model FOLDER --task text-classification OUT, and push OUT';
}
