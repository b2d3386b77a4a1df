/** Models of TensorFlow.js that attack programs that load them: graphs, layers, and the files around them. */
import type { HostileRow, Lures } from './hostile-row.js';

const FLOAT = { T: { type: 'DT_FLOAT' } };
const text = (value: string) => ({ s: Buffer.from(value).toString('base64') });
const sizes = (...all: number[]) => ({ dim: all.map((size) => ({ size: String(size) })) });

interface JsonNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: object;
}

const ANSWER: readonly JsonNode[] = [
  {
    name: 'x',
    op: 'Placeholder',
    attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: sizes(-1, 2) } },
  },
  { name: 'W', op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } },
  { name: 'product', op: 'MatMul', input: ['x', 'W'], attr: FLOAT },
];

const WEIGHTS = Buffer.from(Float32Array.of(1, -2, 0.5, 3, 0, -1).buffer);
const MANIFEST = [
  { paths: ['weights.bin'], weights: [{ name: 'W', shape: [2, 3], dtype: 'float32' }] },
];
const SETTINGS = '{"output":"logits"}';

function packed(modelJson: unknown): HostileRow['members'] {
  const written = typeof modelJson === 'string' ? modelJson : JSON.stringify(modelJson);
  return [
    ['model.json', written],
    ['weights.bin', WEIGHTS],
    ['settings.json', SETTINGS],
  ];
}

/** A graph with an attack between the matrix product and the answer. */
function graphModel(attack: readonly JsonNode[], more: object = {}, library: object = {}): object {
  const last = attack.at(-1)?.name ?? 'product';
  const node = [
    ...ANSWER,
    ...attack,
    { name: 'logits', op: 'Identity', input: [last], attr: FLOAT },
  ];
  const tensor = (name: string, ...all: number[]) => ({
    name,
    dtype: 'DT_FLOAT',
    tensorShape: sizes(...all),
  });
  return {
    format: 'graph-model',
    modelTopology: { node, library, versions: { producer: 1882 } },
    signature: {
      inputs: { x: tensor('x:0', -1, 2) },
      outputs: { logits: tensor('logits:0', -1, 3) },
    },
    weightsManifest: MANIFEST,
    ...more,
  };
}

function layersModel(layers: readonly object[]): object {
  const input = {
    class_name: 'InputLayer',
    config: { batch_input_shape: [null, 2], name: 'x', dtype: 'float32' },
  };
  const config = { name: 'model', layers: [input, ...layers] };
  const weights = [{ name: 'dense/kernel', shape: [2, 3], dtype: 'float32' }];
  return {
    format: 'layers-model',
    modelTopology: { class_name: 'Sequential', config },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
}

const DENSE = {
  class_name: 'Dense',
  config: { name: 'dense', units: 3, use_bias: false, activation: 'linear' },
};
const LAMBDA = {
  class_name: 'Lambda',
  config: { name: 'lambda', function: ['4wEAAA==', null, null], function_type: 'lambda' },
};

export function hostileJsonModels({ secret, target }: Lures): HostileRow[] {
  const refused = (name: string, modelJson: unknown, says: RegExp): HostileRow => ({
    name,
    members: packed(modelJson) ?? [],
    expected: 'refused',
    says,
  });
  const operation = /has operations that are not run here: \w*;/;
  const graph = (op: string, attr: object = {}, input: readonly string[] = ['product']) =>
    refused(
      `GraphModel: ${op}`,
      graphModel([{ name: 'attack', op, input, attr: { ...FLOAT, ...attr } }]),
      operation,
    );
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const lists = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  return [
    graph('Print', { message: text('said by a model') }),
    graph('PrintV2', { output_stream: text(`file://${target}`) }),
    graph('ReadFile', { filename: text(secret) }),
    graph('ImmutableConst', { memory_region_name: text(secret) }, []),
    graph('SaveV2'),
    graph('SimpleMLLoadModelFromPathWithHandle', { path: text(secret) }),
    graph('constructor'),
    graph('__proto__'),
    refused(
      'GraphModel: in a function',
      graphModel(
        [],
        {},
        {
          function: [{ signature: { name: 'f' }, nodeDef: [{ name: 'attack', op: 'WriteFile' }] }],
        },
      ),
      operation,
    ),
    refused(
      'GraphModel: fills tables first',
      graphModel([], { modelInitializer: { node: [{ name: 'attack', op: 'ReadFile' }] } }),
      /modelInitializer: fills tables/,
    ),
    refused(
      'GraphModel: of another kind',
      graphModel([], { format: 'tflite' }),
      /format: is "tflite"/,
    ),
    refused(
      'GraphModel: samples of a tebibyte',
      JSON.stringify(graphModel([])).replaceAll('"size":"2"', '"size":"1099511627776"'),
      /takes 1099511627776 values at once/,
    ),
    refused(
      'layers: Lambda',
      layersModel([LAMBDA, DENSE]),
      /layers that TensorFlow.js does not have: Lambda/,
    ),
    refused(
      'layers: Lambda within a layer',
      layersModel([{ class_name: 'TimeDistributed', config: { name: 't', layer: LAMBDA } }, DENSE]),
      /does not have: Lambda/,
    ),
    refused(
      'layers: Lambda within a model',
      layersModel([{ class_name: 'Sequential', config: { name: 's', layers: [LAMBDA] } }, DENSE]),
      /does not have: Lambda/,
    ),
    refused(
      'layers: an operation of TensorFlow',
      layersModel([
        { class_name: 'TFOpLambda', config: { name: 'io.read_file', function: 'io.read_file' } },
        DENSE,
      ]),
      /does not have: TFOpLambda/,
    ),
    refused(
      'layers: a class of the language',
      layersModel([{ class_name: 'constructor', config: { name: 'c' } }, DENSE]),
      /does not have: constructor/,
    ),
    refused(
      'objects 100,000 deep',
      `{"modelTopology":${nested(100_000)},"weightsManifest":[]}`,
      /deeper than any model/,
    ),
    refused(
      'lists 100,000 deep',
      `{"modelTopology":{"config":${lists(100_000)}},"weightsManifest":[]}`,
      /deeper than any model/,
    ),
    refused(
      'a weight of eight tebibytes',
      JSON.stringify(layersModel([DENSE])).replace('[2,3]', '[2199023255552,1]'),
      /weights have 8796093022208/,
    ),
    refused(
      'a weight of no bytes that is counted',
      JSON.stringify(layersModel([DENSE])).replace('[2,3]', '[9007199254740991,0,6]'),
      /has 24 bytes, and the manifest's weights have 0/,
    ),
    refused('no JSON', '\u0000\u001b]0;title\u0007', /is not JSON/),
  ];
}
