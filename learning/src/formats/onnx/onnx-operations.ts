/**
 * What the operations of classical models hold in their attributes: the numbers that neural networks have as weights,
 * and the names of the classes.
 *
 * @see https://github.com/onnx/onnx/blob/v1.16.0/docs/Operators-ml.md
 */
import { type BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { eachField, numbers, text } from '../../files/protobuf/index.js';
import { type ClassLabels, different } from '../../models/index.js';

/** The domain of these operations. */
export const CLASSICAL_DOMAIN = 'ai.onnx.ml';

/** Attributes that hold the classes in the order of the scores. */
const LABELS = ['classlabels_strings', 'classlabels_int64s', 'classlabels_ints', 'classes_strings'];

/** The operation that maps a class's number to its name. */
const ENCODER = { operation: 'LabelEncoder', keys: 'keys_int64s', values: 'values_strings' };

/** An attribute of floats that is no parameter: how often each branch was taken. Answers do not depend on it. */
const NO_PARAMETER = 'nodes_hitrates';

/**
 * The operation that takes entries of a table. A table of strings holds the classes, and so does one of such a name
 * (skl2onnx writes `classes1`, `stack_classes`).
 */
const LOOKUP = { operation: 'ArrayFeatureExtractor', table: /(?:^|_)classes\d*$/ };

/** Field numbers in `TensorProto`, and the types that labels have. */
const TENSOR = { type: 2, int32s: 5, strings: 6, int64s: 7, raw: 9 };
const INT64 = 7;

/** Field numbers in `AttributeProto`. */
const ATTRIBUTE = { name: 1, floats: 7, ints: 8, strings: 9 };

const FLOAT_BYTES = 4;

export interface ClassicalOperation {
  readonly operation: string;
  readonly inputs: readonly string[];
  /** The attributes, each the bytes of an `AttributeProto`. */
  readonly attributes: readonly Uint8Array[];
}

/** @param classesIn - the classes that a table of this name holds. */
export function classicalOperation(
  { operation, inputs: [table = ''], attributes }: ClassicalOperation,
  classesIn: (table: string) => ClassLabels | undefined = () => undefined,
): {
  readonly parameterCount: number;
  /** Bytes of all attributes, as they lie in the file: a tree has more whole numbers than parameters. */
  readonly byteCount: number;
  readonly labels: ClassLabels | undefined;
} {
  let [parameterCount, byteCount] = [0, 0];
  const lists = new Map<string, string[]>();
  for (const bytes of attributes) {
    const { name, floatCount, values } = readAttribute(bytes);
    if (name !== NO_PARAMETER) parameterCount += floatCount;
    byteCount += bytes.length;
    if (values.length > 0) lists.set(name, values);
  }
  const isLookup = operation === LOOKUP.operation;
  const labels = labelsIn(operation, lists) ?? (isLookup ? classesIn(table) : undefined);
  return { parameterCount, byteCount, labels };
}

function labelsIn(
  operation: string,
  lists: ReadonlyMap<string, readonly string[]>,
): ClassLabels | undefined {
  const attribute = LABELS.find((name) => lists.has(name));
  const [name, list] =
    attribute !== undefined
      ? [attribute, lists.get(attribute)]
      : operation === ENCODER.operation
        ? [ENCODER.values, encoded(lists.get(ENCODER.keys), lists.get(ENCODER.values))]
        : ['', undefined];
  const names = list && different(list);
  return names && { names, source: `${operation}'s ${name}` };
}

/** Values in the order of their keys, if these are 0, 1, 2, …. */
function encoded(
  keys: readonly string[] = [],
  values: readonly string[] = [],
): (string | undefined)[] | undefined {
  if (keys.length !== values.length) return undefined;
  const places = new Map(keys.map((key, place) => [key, place]));
  return keys.map((_, number) => values[places.get(String(number)) ?? -1]);
}

/** Integers and strings as texts; floats are only counted, since trees have millions. */
function readAttribute(bytes: Uint8Array): {
  name: string;
  floatCount: number;
  values: string[];
} {
  let name = '';
  let floatCount = 0;
  const values: string[] = [];
  eachField(bytes, (number, reader, wireType) => {
    if (number === ATTRIBUTE.name) name = reader.string();
    else if (number === ATTRIBUTE.floats) floatCount += countFloats(reader, wireType);
    else if (number === ATTRIBUTE.strings) values.push(text(reader.bytes()));
    else if (number === ATTRIBUTE.ints && isLabels(name)) {
      for (const value of numbers(reader, wireType)) values.push(String(value));
    } else reader.skip(wireType);
  });
  return { name, floatCount, values };
}

/**
 * Whether an attribute's integers are read: those of labels alone, since the tables of trees are long. Exporters write
 * an attribute's name first.
 */
function isLabels(name: string): boolean {
  return name === ENCODER.keys || LABELS.includes(name);
}

/** Counts the floats of a field, packed or one by one. */
function countFloats(reader: BinaryReader, wireType: WireType): number {
  if (wireType === WireType.LengthDelimited) return reader.bytes().length / FLOAT_BYTES;
  reader.skip(wireType);
  return 1;
}

/**
 * Finds the classes in tables. Each table is read once, however many operations look it up.
 *
 * @param tensors - bytes of the graph's weights, each a `TensorProto`, by name.
 */
export function classesInTables(
  tensors: ReadonlyMap<string, Uint8Array>,
): (table: string) => ClassLabels | undefined {
  const read = new Map<string, ClassLabels | undefined>();
  return (table) => {
    const bytes = tensors.get(table);
    if (bytes !== undefined && !read.has(table)) read.set(table, classesIn(table, bytes));
    return read.get(table);
  };
}

/** @param bytes - of a `TensorProto`. */
function classesIn(table: string, bytes: Uint8Array): ClassLabels | undefined {
  const isNamed = LOOKUP.table.test(table);
  const values: string[] = [];
  let isLong = false;
  eachField(bytes, (number, reader, wireType) => {
    if (number === TENSOR.type) isLong = reader.int32() === INT64;
    else if (number === TENSOR.strings) values.push(text(reader.bytes()));
    else if (!isNamed) reader.skip(wireType);
    else if (number === TENSOR.int32s || number === TENSOR.int64s) {
      for (const value of numbers(reader, wireType)) values.push(String(value));
    } else if (number === TENSOR.raw) {
      for (const value of rawIntegers(reader.bytes(), isLong)) values.push(value);
    } else reader.skip(wireType);
  });
  const names = different(values);
  return names && { names, source: `its table ${table}` };
}

function rawIntegers(bytes: Uint8Array, isLong: boolean): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = isLong ? 8 : 4;
  return Array.from({ length: Math.floor(bytes.length / width) }, (_, i) =>
    String(isLong ? view.getBigInt64(i * width, true) : view.getInt32(i * width, true)),
  );
}
