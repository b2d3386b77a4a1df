/**
 * Everything in an ONNX file that the runtime acts on: its operations, and the weights that lie in other files. Graphs
 * within graphs (the branches of an If, the body of a Loop), functions and training are included. Weights of other
 * files are taken in, so that the runtime, which would read any file that a model names, is given a model that names
 * none.
 *
 * @see https://github.com/onnx/onnx/blob/v1.16.0/onnx/onnx.proto
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { InvalidDocumentError, MODEL_MAX_BYTES, type Problem } from '@lyceum/proto';
import { bareName } from '../../files/index.js';
import { eachField, field, numbers, text } from '../../files/protobuf/index.js';
import { ONNX_ELEMENTS } from './onnx-elements.js';

export const TENSOR = { dims: 1, type: 2, name: 8, raw: 9, external: 13, location: 14 };

type MessageName =
  | 'model'
  | 'graph'
  | 'node'
  | 'attribute'
  | 'sparse'
  | 'training'
  | 'function'
  | 'tensor';

/** The messages that a message holds, by the numbers of their fields. */
const INNER: Readonly<Record<MessageName, Readonly<Record<number, MessageName>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  tensor: {},
};

/**
 * Sets of operations that the runtime has; the first two are one set. Domains of the file's own functions are allowed
 * too.
 */
const DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);

/**
 * What ONNX Runtime makes of a convolution for the processor that it runs on, if it saves a model with all
 * optimisations.
 */
const ONE_MACHINE = 'com.microsoft.nchwc';

/**
 * Operations of these sets that are refused: compiled parts of a model, which lie in files that the operation names.
 */
const REFUSED_OPERATIONS: ReadonlySet<string> = new Set(['EPContext']);

/** The most graphs within graphs: the runtime goes into them by recursion. */
const MAX_DEPTH = 100;

/** The most operations and weights, inner graphs included; the largest published models have some ten thousand. */
const MAX_PARTS = 250_000;

export interface OnnxInspection {
  readonly problems: readonly Problem[];
  readonly externalFiles: ReadonlySet<string>;
}

/** @throws {Error} if the bytes are no ONNX model. */
export function inspectOnnx(bytes: Uint8Array): OnnxInspection {
  const problems = new Map<string, Problem>();
  const externalFiles = new Set<string>();
  const domains = new Set([...DOMAINS, ...functionDomains(bytes)]);
  const add = (path: string, message: string) =>
    problems.set(`${path}: ${message}`.slice(0, 200), { path, message });
  let partCount = 0;
  const walk = (message: Uint8Array, kind: MessageName, depth: number): void => {
    if (depth > MAX_DEPTH) throw new Error(`graphs lie more than ${MAX_DEPTH} messages deep`);
    if (kind === 'node' || kind === 'tensor') partCount++;
    if (partCount > MAX_PARTS)
      throw new Error(`it has more than ${MAX_PARTS} operations and weights`);
    if (kind === 'node') {
      const { operation, domain } = operationOf(message);
      const shown = () => `${domain && `${bareName(domain)}.`}${bareName(operation)}`;
      if (!domains.has(domain)) {
        const sets = [...DOMAINS].filter(Boolean).join(', ');
        const advice =
          domain === ONE_MACHINE
            ? '. ONNX Runtime wrote it for one kind of processor: push the file from before, or save it with ORT_ENABLE_EXTENDED'
            : '';
        add(
          'graph',
          `has operation ${shown()}, of a set that is not run here; want ${sets}${advice}`,
        );
      } else if (REFUSED_OPERATIONS.has(operation)) {
        const message = `has operation ${shown()}, which reads files; export the model before it is compiled`;
        add('graph', message);
      }
    }
    if (kind === 'tensor') {
      const external = externalOf(message);
      if (external.isExternal && external.location === '') {
        add(`weight ${bareName(external.name)}`, 'lies in another file, and does not say in which');
      }
      if (external.location !== '') externalFiles.add(external.location);
      return;
    }
    eachField(message, (number, reader, wireType) => {
      const inner = INNER[kind][number];
      if (inner === undefined || wireType !== WireType.LengthDelimited) reader.skip(wireType);
      else walk(reader.bytes(), inner, depth + 1);
    });
  };
  walk(bytes, 'model', 0);
  return { problems: [...problems.values()], externalFiles };
}

/**
 * The same model with all weights in the file, so that it can be kept and told apart as one.
 *
 * @param read - the bytes of a file that {@link inspectOnnx} found.
 * @throws {InvalidDocumentError} if a weight lies beyond its file's end, or all together are too many bytes.
 */
export function withWeightsInside(
  bytes: Uint8Array,
  read: (file: string) => Uint8Array,
  source: string,
): Uint8Array {
  let left = MODEL_MAX_BYTES - bytes.length;
  const inside = (tensor: Uint8Array): Uint8Array => {
    const { location, isExternal } = externalOf(tensor);
    if (location === '' && !isExternal) return tensor;
    const values = externalValues(tensor, read(location), source);
    left -= values.length;
    if (left < 0) {
      const message = `has weights of more than ${MODEL_MAX_BYTES} bytes, which are the most that are read`;
      throw new InvalidDocumentError(source, [{ path: '', message }]);
    }
    return tensorWith(tensor, values);
  };
  return rewritten(bytes, 'model', inside);
}

interface External {
  readonly name: string;
  /** Whether the tensor itself says that its weights lie in another file. */
  readonly isExternal: boolean;
  readonly location: string;
  readonly offset: number;
  readonly length: number | undefined;
}

const EXTERNAL = 1;

function externalOf(tensor: Uint8Array): External {
  let [name, isExternal] = ['', false];
  const entries = new Map<string, string>();
  eachField(tensor, (number, reader, wireType) => {
    if (number === TENSOR.name && wireType === WireType.LengthDelimited) name = reader.string();
    else if (number === TENSOR.external && wireType === WireType.LengthDelimited) {
      const entry = reader.bytes();
      entries.set(text(field(entry, 1)), text(field(entry, 2)));
    } else if (number === TENSOR.location && wireType === WireType.Varint) {
      if (numbers(reader, wireType)[0] === EXTERNAL) isExternal = true;
    } else reader.skip(wireType);
  });
  const length = entries.get('length');
  return {
    name,
    isExternal,
    location: entries.get('location') ?? '',
    offset: Number(entries.get('offset') ?? 0),
    length: length === undefined ? undefined : Number(length),
  };
}

function externalValues(tensor: Uint8Array, file: Uint8Array, source: string): Uint8Array {
  const { name, location, offset, length = shapeBytes(tensor) } = externalOf(tensor);
  const end = length === undefined ? file.length : offset + length;
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(end);
  if (!whole || offset < 0 || end < offset || end > file.length) {
    const message = `lies at bytes ${offset} to ${end} of ${location}, which has ${file.length}`;
    throw new InvalidDocumentError(source, [{ path: `weight ${bareName(name)}`, message }]);
  }
  return file.subarray(offset, end);
}

/** How many bytes the tensor's shape takes; undefined if its type is not known here. */
function shapeBytes(tensor: Uint8Array): number | undefined {
  let [elementCount, bytes] = [1, undefined as number | undefined];
  eachField(tensor, (number, reader, wireType) => {
    if (number === TENSOR.dims) {
      for (const size of numbers(reader, wireType)) elementCount *= size;
    } else if (number === TENSOR.type && wireType === WireType.Varint) {
      const type = reader.int32();
      bytes = Object.values(ONNX_ELEMENTS).find((element) => element.number === type)?.bytes;
    } else reader.skip(wireType);
  });
  return bytes === undefined ? undefined : elementCount * bytes;
}

/** The tensor with these values in it, and nothing of another file. */
function tensorWith(tensor: Uint8Array, values: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  eachField(tensor, (number, reader, wireType) => {
    const value = reader.skip(wireType);
    if (number === TENSOR.external || number === TENSOR.location) return;
    writer.tag(number, wireType).raw(value);
  });
  writer.tag(TENSOR.raw, WireType.LengthDelimited).bytes(values);
  return writer.finish();
}

/** The message with each tensor in it replaced, all else as it is. */
function rewritten(
  bytes: Uint8Array,
  kind: MessageName,
  replace: (tensor: Uint8Array) => Uint8Array,
): Uint8Array {
  if (kind === 'tensor') return replace(bytes);
  const writer = new BinaryWriter();
  eachField(bytes, (number, reader, wireType) => {
    writer.tag(number, wireType);
    const inner = INNER[kind][number];
    if (inner === undefined || wireType !== WireType.LengthDelimited) {
      writer.raw(reader.skip(wireType));
    } else writer.bytes(rewritten(reader.bytes(), inner, replace));
  });
  return writer.finish();
}

/** The operation of a node, read in one pass, since there are many nodes. */
function operationOf(node: Uint8Array): { operation: string; domain: string } {
  const found = { operation: '', domain: '' };
  eachField(node, (number, reader, wireType) => {
    if (wireType !== WireType.LengthDelimited) reader.skip(wireType);
    else if (number === 4) found.operation = reader.string();
    else if (number === 7) found.domain = reader.string();
    else reader.skip(wireType);
  });
  return found;
}

/** Domains of the functions that the file defines itself; their nodes are inspected as well. */
function functionDomains(model: Uint8Array): string[] {
  const found: string[] = [];
  eachField(model, (number, reader, wireType) => {
    if (number !== 25 || wireType !== WireType.LengthDelimited) reader.skip(wireType);
    else found.push(text(field(reader.bytes(), 10)));
  });
  return found;
}
