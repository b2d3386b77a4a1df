/**
 * How an ONNX file is asked as a classifier: which input and output, in which layout, and how many rows at a time.
 * Pure; what cannot be asked is said in words that tell how to mend it.
 */
import type { Problem } from '@lyceum/proto';
import type { Layout, ModelSettings } from '../model-settings.js';
import type { OnnxElementType, OnnxOutline, OnnxValue } from './onnx-file.js';

export interface OnnxClassifier {
  readonly input: OnnxValue;
  readonly output: OnnxValue;
  /** What the file tells of its own settings, with those that were given. */
  readonly settings: Partial<ModelSettings>;
  /** Of one sample, channels last; undefined where the file leaves a size open. */
  readonly inputShape: readonly number[] | undefined;
  readonly classCount: number | undefined;
  /** Rows that it must be given; undefined: any number. */
  readonly fixedRows: number | undefined;
}

/** What a model may take; other numbers are rounded or converted. */
const INPUT_TYPES: readonly OnnxElementType[] = ['float32', 'float16', 'float64', 'uint8'];
const OUTPUT_TYPES: readonly OnnxElementType[] = ['float32', 'float16', 'float64'];

/** Of these, values of one row depend on the other rows of its batch. */
const ROW_BY_ROW = ['DynamicQuantizeLinear', 'DynamicQuantizeLSTM', 'DynamicQuantizeMatMul'];

/** Operations whose outputs are logits up to a constant of the row. */
const LOGIT_OPERATIONS = ['Gemm', 'MatMul', 'LogSoftmax'];

/** @returns undefined with what keeps it from being asked added to `problems`. */
export function onnxClassifier(
  outline: OnnxOutline,
  given: Partial<ModelSettings>,
  problems: Problem[],
): OnnxClassifier | undefined {
  const input = onlyInput(outline, problems);
  const output = classOutput(outline, given.outputName, problems);
  if (input === undefined || output === undefined) return undefined;
  const layout = given.layout ?? guessedLayout(input, problems);
  const kind = given.output ?? outputKind(outline, output, problems);
  if (problems.length > 0) return undefined;
  const rowByRow = ROW_BY_ROW.some((operation) => outline.operations.has(operation));
  return {
    input,
    output,
    settings: {
      ...given,
      ...(kind !== undefined && { output: kind }),
      ...(layout !== undefined && { layout }),
      ...(outline.outputs.length > 1 && { outputName: output.name }),
    },
    inputShape: sampleShape(input, layout),
    classCount: output.shape?.[1],
    fixedRows: input.shape?.[0] ?? (rowByRow ? 1 : undefined),
  };
}

/** `pixels float32 [?, 1, 28, 28]`. */
export function onnxValueText({ name, kind, elementType, shape }: OnnxValue): string {
  if (kind === 'other') return `${name} (no tensor)`;
  const sizes = shape === undefined ? '' : ` [${shape.map((size) => size ?? '?').join(', ')}]`;
  return `${name} ${elementType}${sizes}`;
}

function onlyInput({ inputs }: OnnxOutline, problems: Problem[]): OnnxValue | undefined {
  const [input] = inputs;
  const listed = inputs.map(onnxValueText).join(', ');
  const wrong =
    input === undefined || inputs.length > 1
      ? `has inputs ${listed || 'none'}; want one, of samples`
      : !INPUT_TYPES.includes(input.elementType)
        ? `is ${listed}; want ${INPUT_TYPES.join(', ')}`
        : undefined;
  if (wrong === undefined) return input;
  problems.push({ path: 'graph.input', message: wrong });
  return undefined;
}

function classOutput(
  { outputs, operations }: OnnxOutline,
  named: string | undefined,
  problems: Problem[],
): OnnxValue | undefined {
  const listed = outputs.map(onnxValueText).join(', ');
  const usable = outputs.filter(
    ({ kind, elementType, shape }) =>
      kind === 'tensor' && OUTPUT_TYPES.includes(elementType) && (shape?.length ?? 2) === 2,
  );
  const chosen = named === undefined ? usable : usable.filter(({ name }) => name === named);
  if (chosen.length === 1) return chosen[0];
  const hasZipMap = operations.has('ZipMap');
  const message = hasZipMap
    ? `ends in ZipMap, which gives maps and no tensors: export it again with convert_sklearn(…, options={'zipmap': False}), which gives probabilities [batch, classes]; its outputs are ${listed}`
    : usable.length === 0
      ? `has no output of numbers [batch, classes]; its outputs are ${listed}`
      : named === undefined
        ? `has several outputs that may tell the classes; name one as outputName in the settings: ${usable.map(onnxValueText).join(', ')}`
        : `has no output ${named} of numbers [batch, classes]; its outputs are ${listed}`;
  problems.push({ path: 'graph.output', message });
  return undefined;
}

/** Of pictures. Channels are one or three, and sides are longer, or it cannot be told. */
function guessedLayout({ shape }: OnnxValue, problems: Problem[]): Layout | undefined {
  if (shape?.length !== 4) return undefined;
  const isChannels = (size: number | undefined) => size === 1 || size === 3;
  const [, second, , last] = shape;
  if (isChannels(second) && !isChannels(last)) return 'NCHW';
  if (isChannels(last) && !isChannels(second)) return 'NHWC';
  const message = `does not tell whether channels come first or last; put "layout": "NCHW" or "NHWC" in the settings`;
  problems.push({ path: 'graph.input', message });
  return undefined;
}

function outputKind(
  { operationOf }: OnnxOutline,
  { name }: OnnxValue,
  problems: Problem[],
): ModelSettings['output'] | undefined {
  const operation = operationOf.get(name) ?? '';
  if (operation === 'Softmax') return 'probabilities';
  if (LOGIT_OPERATIONS.includes(operation)) return 'logits';
  if (name === 'logits' || name === 'probabilities') return name;
  const message = `does not tell whether ${name}, which ${operation || 'nothing'} gives, is logits or probabilities; put {"output": "logits"} or {"output": "probabilities"} in the settings`;
  problems.push({ path: 'graph.output', message });
  return undefined;
}

function sampleShape(
  { shape }: OnnxValue,
  layout: Layout | undefined,
): readonly number[] | undefined {
  if (shape === undefined) return undefined;
  const sizes = shape.slice(1);
  if (sizes.some((size) => size === undefined)) return undefined;
  const known = sizes as number[];
  if (layout !== 'NCHW') return known;
  const [channels = 0, height = 0, width = 0] = known;
  return [height, width, channels];
}
