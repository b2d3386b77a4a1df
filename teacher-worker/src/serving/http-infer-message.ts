/**
 * Requests and answers of the Open Inference Protocol over HTTP: JSON with the values in it, or, by Triton's extension
 * "binary_tensor_data", JSON followed by raw values. Pure.
 */
import { typedNumbers } from '@lyceum/learning/open-inference';
import {
  type InferTensorContents,
  LyceumError,
  type ModelConfig,
  ModelInferRequest,
} from '@lyceum/proto';
import {
  DATATYPE,
  type InferOutput,
  OUTPUT_NAME,
  rawContents,
  type TensorParameters,
  VERSION,
} from './infer-message.js';

/** The header with the length of the JSON, if raw values follow it. */
export const HEADER_LENGTH = 'inference-header-content-length';

type Mapping = Readonly<Record<string, unknown>>;

export interface HttpInferQuestion {
  readonly request: ModelInferRequest;
  /** Whether the caller wants the answer's values raw, after its JSON. */
  readonly wantsBinary: boolean;
}

/**
 * @param headerLength - value of {@link HEADER_LENGTH}; undefined: the whole body is JSON.
 * @throws {LyceumError} INVALID_ARGUMENT naming what is wrong.
 */
export function httpQuestionOf(
  body: Buffer,
  headerLength: string | undefined,
  model: { readonly name: string; readonly version: string },
): HttpInferQuestion {
  const jsonLength = headerLength === undefined ? body.length : lengthOf(headerLength, body);
  const document = documentOf(body.subarray(0, jsonLength));
  const outputs = listOf(document['outputs'], 'outputs').map((raw) => tensorOf(raw, 'outputs'));
  const inputs = listOf(document['inputs'], 'inputs').map((raw) => tensorOf(raw, 'inputs'));
  const raw: Buffer[] = [];
  let at = jsonLength;
  const ownInputs = inputs.map(({ name, fields, parameters: { binary_data_size, ...others } }) => {
    const datatype = textOf(fields['datatype'], `datatype of ${name}`);
    const shape = shapeOf(fields['shape'], name);
    const head = { name, datatype, shape, parameters: named(others) };
    if (binary_data_size === undefined) {
      return { ...head, contents: contentsOf(fields['data'], datatype, name) };
    }
    if (typeof binary_data_size !== 'number') {
      throw invalid(`binary_data_size of ${name}: want a whole number`);
    }
    const end = at + binary_data_size;
    if (!(Number.isSafeInteger(end) && end >= at && end <= body.length)) {
      const left = body.length - at;
      throw invalid(`input ${name} has binary_data_size ${binary_data_size}; ${left} bytes follow`);
    }
    raw.push(body.subarray(at, end));
    at = end;
    return head;
  });
  if (at !== body.length) throw invalid(`${body.length - at} bytes follow that no input names`);
  const request = ModelInferRequest.fromPartial({
    modelName: model.name,
    modelVersion: model.version,
    id: textOf(document['id'], 'id'),
    inputs: ownInputs,
    outputs: outputs.map(({ name, parameters: { binary_data: _, ...others } }) => ({
      name,
      parameters: named(others),
    })),
    rawInputContents: raw,
  });
  const all = mappingOf(document['parameters'])['binary_data_output'] === true;
  const wantsBinary = outputs.map(({ parameters }) => parameters['binary_data'] ?? all);
  return { request, wantsBinary: (wantsBinary[0] ?? all) === true };
}

export interface HttpInferAnswer {
  readonly body: Buffer;
  /** Value for {@link HEADER_LENGTH}; undefined: the whole body is JSON. */
  readonly headerLength: number | undefined;
}

/** @throws {LyceumError} FAILED_PRECONDITION if JSON cannot express a value. */
export function httpAnswerOf(
  { request: { modelName, id }, wantsBinary }: HttpInferQuestion,
  output: InferOutput,
): HttpInferAnswer {
  const { datatype, shape } = output;
  const raw = wantsBinary ? rawContents(output) : Buffer.alloc(0);
  const values = wantsBinary
    ? { parameters: { binary_data_size: raw.length } }
    : { data: output.datatype === 'BYTES' ? output.values : Array.from(output.values, finite) };
  const document = {
    model_name: modelName,
    model_version: VERSION,
    ...(id !== '' && { id }),
    outputs: [{ name: OUTPUT_NAME, datatype, shape, ...values }],
  };
  const json = Buffer.from(JSON.stringify(document));
  if (!wantsBinary) return { body: json, headerLength: undefined };
  return { body: Buffer.concat([json, raw]), headerLength: json.length };
}

/** The model's configuration, in Triton's form. */
export function httpConfigOf({
  name,
  platform,
  backend,
  maxBatchSize,
  input,
  output,
}: ModelConfig) {
  const tensor = ({ name: own, dims }: { readonly name: string; readonly dims: number[] }) => ({
    name: own,
    data_type: `TYPE_${DATATYPE}`,
    dims,
  });
  return {
    name,
    platform,
    backend,
    max_batch_size: maxBatchSize,
    input: input.map(tensor),
    output: output.map(tensor),
  };
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  const message = `the answer has ${value}, which JSON cannot say; ask for binary_data`;
  throw new LyceumError('FAILED_PRECONDITION', message);
}

function lengthOf(headerLength: string, body: Buffer): number {
  const length = Number(headerLength);
  if (/^\d{1,10}$/.test(headerLength) && length <= body.length) return length;
  throw invalid(`${HEADER_LENGTH} is ${headerLength}; the body has ${body.length} bytes`);
}

function documentOf(json: Buffer): Mapping {
  let document: unknown;
  try {
    document = JSON.parse(json.toString('utf8'));
  } catch {
    throw invalid('the request is no JSON');
  }
  return mappingOf(document);
}

function tensorOf(raw: unknown, list: string) {
  const fields = mappingOf(raw);
  const { name } = fields;
  if (typeof name !== 'string') throw invalid(`${list}: want a name for each`);
  return { name, fields, parameters: mappingOf(fields['parameters']) };
}

function shapeOf(shape: unknown, name: string): number[] {
  const sizes = listOf(shape, `shape of ${name}`);
  if (sizes.every((size) => typeof size === 'number')) return sizes as number[];
  throw invalid(`shape of ${name}: want whole numbers`);
}

/** Row-major values, from nested or flat lists. */
function contentsOf(data: unknown, datatype: string, name: string): InferTensorContents {
  const values = listOf(data, `data of ${name}`).flat(8);
  const wrong = values.find((value) => typeof value !== 'number' && typeof value !== 'boolean');
  if (wrong !== undefined) throw invalid(`data of ${name}: want numbers`);
  return typedNumbers(name, datatype, values.map(Number));
}

/** Parameters by name. Only whole numbers keep their values: no parameter of another kind is supported. */
function named(parameters: Mapping): TensorParameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, { parameterChoice: whole(value) }]),
  );
}

function whole(value: unknown): TensorParameters[string]['parameterChoice'] {
  const isWhole = typeof value === 'number' && Number.isSafeInteger(value);
  return isWhole ? { $case: 'int64Param', int64Param: value } : undefined;
}

function mappingOf(value: unknown): Mapping {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping ? (value as Mapping) : {};
}

function textOf(value: unknown, what: string): string {
  if (value === undefined || value === null) return '';
  // An object's own `toString` may be no function.
  if (typeof value === 'object') throw invalid(`${what}: want a text`);
  return String(value);
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw invalid(`${what}: want a list`);
}

function invalid(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
