/** All formats that `pull` writes. */
import { listed } from '@lyceum/learning/documents';
import type { OnnxFormat, PlainFormat } from './export-format.js';
import { onnx } from './onnx.js';
import { safetensors } from './safetensors.js';
import { tfjs } from './tfjs.js';
import { triton } from './triton.js';

/** In the order of the help; the first is the default. */
const FORMATS: readonly (PlainFormat | OnnxFormat)[] = [tfjs, onnx, safetensors, triton];

export const EXPORT_FORMAT_NAMES = FORMATS.map(({ name }) => name);

export function exportFormat(name: string): PlainFormat | OnnxFormat {
  const format = FORMATS.find((one) => one.name === name);
  if (format === undefined) throw new Error(`no format ${name}`);
  return format;
}

const [plain, withOnnx] = [false, true].map((hasOnnx) => {
  const names = FORMATS.filter((format) => (format.hasOnnx === true) === hasOnnx);
  return listed(
    names.map(({ name }) => name),
    'and',
  );
});

/** Advice for a user whose model cannot be written as ONNX. */
export const AS_IT_IS = `--format ${plain} give the model as it is`;

/** `onnx and triton`. */
export const ONNX_FORMATS = withOnnx;
