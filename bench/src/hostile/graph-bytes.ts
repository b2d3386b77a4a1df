/**
 * The bytes of a `saved_model.pb`, right or wrong, written field by field: attackers write files that no exporter
 * writes. Numbers of fields are those of meta_graph.proto, graph.proto, function.proto and attr_value.proto.
 */
export type Bytes = Uint8Array;

/** A message, field by field: texts and bytes are written with their length, whole numbers as varints. */
export function message(...fields: readonly (readonly [number, string | Bytes | number])[]): Bytes {
  const parts = fields.flatMap(([number, value]) => {
    if (typeof value === 'number') return [varint(number * 8), varint(value)];
    const bytes = Buffer.from(value);
    return [varint(number * 8 + 2), varint(bytes.length), bytes];
  });
  return Buffer.concat(parts);
}

/** A varint: seven bits in each byte, the lowest bits first; numbers below 0 have 64 bits. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
}

export const DT = { float: 1, int32: 3, string: 7, int64: 9, bool: 10, resource: 20, variant: 21 };

export type Attributes = Readonly<Record<string, Bytes>>;

export const text = (value: string): Bytes => message([2, value]);
export const whole = (value: number): Bytes => message([3, value]);
export const flag = (value: boolean): Bytes => message([5, value ? 1 : 0]);
export const type = (value: number): Bytes => message([6, value]);
export const shapeOf = (sizes: readonly number[]): Bytes => message([7, sizes_(sizes)]);
export const types = (...values: readonly number[]): Bytes =>
  message([1, message(...values.map((value) => [6, value] as const))]);
export const shapes = (...values: readonly (readonly number[])[]): Bytes =>
  message([1, message(...values.map((value) => [7, sizes_(value)] as const))]);
export const texts = (...values: readonly string[]): Bytes =>
  message([1, message(...values.map((value) => [2, value] as const))]);

export function functionNamed(name: string, attributes: Attributes = {}): Bytes {
  return message([10, named(name, attributes)]);
}

export function functionsNamed(...names: readonly string[]): Bytes {
  return message([1, message(...names.map((name) => [9, named(name, {})] as const))]);
}

function named(name: string, attributes: Attributes): Bytes {
  return message([1, name], ...entries(2, attributes));
}

function sizes_(sizes: readonly number[]): Bytes {
  return message(...sizes.map((size) => [2, message([1, size])] as const));
}

export function entries(
  number: number,
  values: Readonly<Record<string, string | Bytes>>,
): (readonly [number, Bytes])[] {
  return Object.entries(values).map(([key, value]) => [number, message([1, key], [2, value])]);
}

export function node(
  name: string,
  operation: string,
  inputs: readonly string[] = [],
  attributes: Attributes = {},
): Bytes {
  const given = inputs.map((input) => [3, input] as const);
  return message([1, name], [2, operation], ...given, ...entries(5, attributes));
}

export function textConstant(name: string, ...values: readonly string[]): Bytes {
  const shape = values.length === 1 ? [] : [values.length];
  const held = values.map((value) => [8, value] as const);
  const tensor = message([1, DT.string], [2, sizes_(shape)], ...held);
  return node(name, 'Const', [], { dtype: type(DT.string), value: message([8, tensor]) });
}

export function floatConstant(
  name: string,
  shape: readonly number[],
  values: readonly number[],
): Bytes {
  const content = new Uint8Array(Float32Array.from(values).buffer);
  const tensor = message([1, DT.float], [2, sizes_(shape)], [4, content]);
  return node(name, 'Const', [], { dtype: type(DT.float), value: message([8, tensor]) });
}

export function wholeConstant(name: string, dtype: number, values: readonly number[]): Bytes {
  const held = values.map((value) => [dtype === DT.int64 ? 10 : 7, value] as const);
  const shape = values.length === 1 ? [] : [values.length];
  const tensor = message([1, dtype], [2, sizes_(shape)], ...held);
  return node(name, 'Const', [], { dtype: type(dtype), value: message([8, tensor]) });
}

export interface FunctionParts {
  readonly inputs?: readonly (readonly [string, number])[];
  readonly outputs?: readonly (readonly [string, number])[];
  readonly nodes: readonly Bytes[];
  readonly results?: Readonly<Record<string, string>>;
  readonly attributes?: Attributes;
}

export function functionOf(name: string, parts: FunctionParts): Bytes {
  const { inputs = [], outputs = [], nodes, results = {}, attributes = {} } = parts;
  const signature = message(
    [1, name],
    ...inputs.map(([own, dtype]) => [2, message([1, own], [3, dtype])] as const),
    ...outputs.map(([own, dtype]) => [3, message([1, own], [3, dtype])] as const),
    [17, 1],
  );
  return message(
    [1, signature],
    ...nodes.map((one) => [3, one] as const),
    ...entries(4, results),
    ...entries(5, attributes),
  );
}

export function graph(
  nodes: readonly Bytes[],
  functions: readonly Bytes[] = [],
  gradients: readonly (readonly [string, string])[] = [],
): Bytes {
  const library = message(
    ...functions.map((one) => [1, one] as const),
    ...gradients.map(([of, by]) => [2, message([1, of], [2, by])] as const),
  );
  return message(
    ...nodes.map((one) => [1, one] as const),
    [2, library],
    [4, message([1, 1882], [2, 12])],
  );
}

export interface MetaGraphParts {
  readonly tags?: readonly string[];
  /** The graphs to write, one after another. */
  readonly graphs: readonly Bytes[];
  readonly shape?: readonly number[];
  /** The node that runs when the model is loaded. */
  readonly initialiser?: string;
  readonly collections?: Readonly<Record<string, string>>;
  readonly saver?: { readonly file: string; readonly restore: string };
  readonly assets?: readonly (readonly [string, string])[];
  readonly output?: string;
}

/** A graph with the signature `serving_default`, from `x` to `logits`. */
export function metaGraph(parts: MetaGraphParts): Bytes {
  const { tags = ['serve'], graphs, shape = [-1, 2], initialiser, collections = {} } = parts;
  const { saver, assets = [], output = 'logits:0' } = parts;
  const end = (name: string, sizes: readonly number[]) =>
    message([1, name], [2, DT.float], [3, sizes_(sizes)]);
  const serving = message(
    ...entries(1, { x: end('x:0', shape) }),
    ...entries(2, { logits: end(output, [-1, 3]) }),
    [3, 'tensorflow/serving/predict'],
  );
  const key = '__saved_model_init_op';
  const initialising =
    initialiser === undefined
      ? {}
      : { [key]: message(...entries(2, { [key]: message([1, initialiser]) })) };
  const lists = Object.entries(collections).map(([name, value]) => [
    name,
    message([1, message([1, value])]),
  ]);
  return message(
    [1, message(...tags.map((tag) => [4, tag] as const))],
    ...graphs.map((one) => [2, one] as const),
    ...(saver ? [[3, message([1, saver.file], [3, saver.restore], [7, 2])] as const] : []),
    ...entries(4, Object.fromEntries(lists)),
    ...entries(5, { serving_default: serving, ...initialising }),
    ...assets.map(([tensor, file]) => [6, message([1, message([1, tensor])], [2, file])] as const),
  );
}

export function savedModel(...metaGraphs: readonly Bytes[]): Bytes {
  return message([1, 1], ...metaGraphs.map((one) => [2, one] as const));
}
