/**
 * Requests and answers of the Open Inference Protocol for a classifier with one input and one output. Pure. Errors
 * name the part that is wrong.
 *
 * Symbols: C classes.
 */
import { bareName } from '@lyceum/learning/files';
import {
  checkedElementCount,
  rawNumbers,
  rawTexts,
  tensorNumbers,
} from '@lyceum/learning/open-inference';
import {
  elementCount,
  INFERENCE_REQUEST_MAX_BYTES,
  LyceumError,
  ModelConfig,
  ModelDataType,
  type ModelInferRequest,
  ModelInferResponse,
  ModelMetadataResponse,
} from '@lyceum/proto';

/** Values as the model takes them, in its own layout: the caller has already applied the settings. */
const INPUT_NAME = 'input';
/** Before softmax; for a model that gives probabilities, their logarithms. */
export const OUTPUT_NAME = 'logits';
export const DATATYPE = 'FP32';
/** A worker has only one version of a model: another content is another model. */
export const VERSION = '1';

export interface ServedShape {
  /** Shape of one sample, in the model's layout. */
  readonly inputShape: readonly number[];
  /** C. */
  readonly classCount: number;
  /** In the order of the logits; absent: classes have no names. */
  readonly classNames?: readonly string[];
}

/** @param engine - the engine that runs the model. */
export function metadataOf(
  name: string,
  engine: string,
  { inputShape, classCount }: ServedShape,
): ModelMetadataResponse {
  return ModelMetadataResponse.fromPartial({
    name,
    versions: [VERSION],
    platform: `lyceum_${engine}`,
    inputs: [{ name: INPUT_NAME, datatype: DATATYPE, shape: [-1, ...inputShape] }],
    outputs: [{ name: OUTPUT_NAME, datatype: DATATYPE, shape: [-1, classCount] }],
  });
}

/** The model's configuration in Triton's form, above all how many rows a request may have. */
export function configOf(name: string, engine: string, shape: ServedShape): ModelConfig {
  const { inputShape, classCount } = shape;
  const dataType = ModelDataType.TYPE_FP32;
  return ModelConfig.fromPartial({
    name,
    platform: `lyceum_${engine}`,
    backend: 'lyceum',
    maxBatchSize: mostRows(shape),
    input: [{ name: INPUT_NAME, dataType, dims: [...inputShape] }],
    output: [{ name: OUTPUT_NAME, dataType, dims: [classCount] }],
  });
}

/** The greatest number of rows whose float32 inputs and whose answer both fit into a message. */
function mostRows({ inputShape, classCount }: ServedShape): number {
  const numbers = Math.max(classCount, elementCount(inputShape));
  return Math.floor(INFERENCE_REQUEST_MAX_BYTES / (numbers * Float32Array.BYTES_PER_ELEMENT));
}

export interface InferQuestion {
  /** [rowCount, …inputShape]. */
  readonly inputs: Float32Array<ArrayBuffer>;
  readonly rowCount: number;
  /**
   * How many best classes of each row are wanted as texts, by Triton's extension "classification"; undefined: logits.
   */
  readonly bestCount: number | undefined;
}

/**
 * Numbers of any datatype keep their value: a UINT8 of 7 becomes 7. Other parameters of a tensor belong to extensions
 * that are not supported (shared memory), and would change the answer's form: they are refused. Parameters of the
 * whole request (priorities, sequences) would not, and are ignored.
 *
 * @throws {LyceumError} INVALID_ARGUMENT naming what is wrong, RESOURCE_EXHAUSTED if the answer would be too long.
 */
export function questionOf(
  { inputs, outputs, rawInputContents }: ModelInferRequest,
  { inputShape, classCount, classNames = [] }: ServedShape,
): InferQuestion {
  const [tensor] = inputs;
  const names = few(inputs.slice(0, SHOWN + 1).map(({ name }) => bareName(name))) || 'none';
  if (tensor === undefined || inputs.length > 1 || tensor.name !== INPUT_NAME) {
    throw invalid(`want one input, ${INPUT_NAME}; got ${names}`);
  }
  const unknown = outputs.find(({ name }) => name !== OUTPUT_NAME);
  if (unknown !== undefined) {
    throw invalid(`there is no output ${bareName(unknown.name)}; want ${OUTPUT_NAME}`);
  }
  requireNoParameters(tensor.name, tensor.parameters);
  for (const { name, parameters } of outputs) {
    const { classification: _, ...others } = parameters;
    requireNoParameters(name, others);
  }
  const bestCount = bestCountOf(outputs[0]?.parameters['classification'], classCount);
  const [rowCount = 0] = tensor.shape;
  // A caller's shape may be as long as a message.
  const fits = tensor.shape.length === inputShape.length + 1;
  if (!(fits && inputShape.every((size, i) => size === tensor.shape[i + 1])) || rowCount < 1) {
    const want = [-1, ...inputShape].join(', ');
    const shape = few(tensor.shape.slice(0, SHOWN + 1));
    throw invalid(`input ${INPUT_NAME} has shape [${shape}]; want [${want}], at least one row`);
  }
  if (rawInputContents.length > 1) {
    throw invalid(`${rawInputContents.length} raw contents came for 1 input`);
  }
  checkedElementCount(tensor);
  const textBytes = (bestCount ?? 0) * (SCORE_BYTES + longest(classNames));
  // Logits are computed in both cases, and sorted for texts.
  const answerBytes = rowCount * Math.max(textBytes, classCount * Float32Array.BYTES_PER_ELEMENT);
  if (answerBytes > INFERENCE_REQUEST_MAX_BYTES) {
    const message = `the answer to ${rowCount} rows would have ${answerBytes} bytes, and at most ${INFERENCE_REQUEST_MAX_BYTES} are sent; ask for fewer at a time`;
    throw new LyceumError('RESOURCE_EXHAUSTED', message);
  }
  return { inputs: tensorNumbers(tensor, rawInputContents[0]), rowCount, bestCount };
}

/** Parameters of a tensor, by name. */
export type TensorParameters = ModelInferRequest['outputs'][number]['parameters'];

function requireNoParameters(name: string, parameters: TensorParameters): void {
  const [parameter] = Object.keys(parameters);
  if (parameter === undefined) return;
  throw invalid(
    `parameter ${bareName(parameter)} of ${name} is not offered; ${OUTPUT_NAME} come whole`,
  );
}

function bestCountOf(
  parameter: TensorParameters[string] | undefined,
  classCount: number,
): number | undefined {
  if (parameter === undefined) return undefined;
  const choice = parameter.parameterChoice;
  const count = choice?.$case === 'int64Param' ? choice.int64Param : 0;
  if (count >= 1) return Math.min(count, classCount);
  throw invalid(`parameter classification of ${OUTPUT_NAME} must be a whole number, at least 1`);
}

/** The longest score and class number, with the characters around them. */
const SCORE_BYTES = 64;

function longest(names: readonly string[]): number {
  return names.reduce((most, name) => Math.max(most, Buffer.byteLength(name)), 0);
}

/** The content of the one output. */
export type InferOutput = { readonly shape: readonly [number, number] } & (
  | { readonly datatype: 'FP32'; readonly values: Float32Array }
  | { readonly datatype: 'BYTES'; readonly values: readonly string[] }
);

/** @param logits - [rowCount, C]. */
export function outputOf(
  { rowCount, bestCount }: InferQuestion,
  { classCount, classNames = [] }: ServedShape,
  logits: Float32Array,
): InferOutput {
  if (bestCount === undefined) {
    return { datatype: DATATYPE, shape: [rowCount, classCount], values: logits };
  }
  const values = Array.from({ length: rowCount }, (_, row) => {
    const own = logits.subarray(row * classCount, (row + 1) * classCount);
    const best = [...own.keys()].sort((a, b) => (own[b] as number) - (own[a] as number));
    return best.slice(0, bestCount).map((c) => {
      const label = classNames[c] === undefined ? '' : `:${classNames[c]}`;
      return `${(own[c] as number).toFixed(6)}:${c}${label}`;
    });
  }).flat();
  return { datatype: 'BYTES', shape: [rowCount, bestCount], values };
}

/** In the question's form: raw contents for raw ones, typed contents for typed ones. */
export function answerOf(
  { modelName, id, rawInputContents }: ModelInferRequest,
  output: InferOutput,
): ModelInferResponse {
  const isRaw = rawInputContents.length > 0;
  const { datatype, shape } = output;
  const head = { name: OUTPUT_NAME, datatype, shape: [...shape] };
  return ModelInferResponse.fromPartial({
    modelName,
    modelVersion: VERSION,
    id,
    outputs: [{ ...head, ...(!isRaw && { contents: typedContents(output) }) }],
    rawOutputContents: isRaw ? [rawContents(output)] : [],
  });
}

function typedContents({ datatype, values }: InferOutput) {
  return datatype === 'BYTES'
    ? { bytesContents: values.map((text) => Buffer.from(text)) }
    : { fp32Contents: Array.from(values) };
}

export function rawContents({ datatype, values }: InferOutput): Buffer {
  return datatype === 'BYTES' ? rawTexts(values) : rawNumbers(datatype, values);
}

/** How many sizes and names of a request an error shows. */
const SHOWN = 8;

function few(values: readonly (string | number)[]): string {
  return `${values.slice(0, SHOWN).join(', ')}${values.length > SHOWN ? ', …' : ''}`;
}

function invalid(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
