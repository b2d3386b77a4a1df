/** ONNX models that attack programs that load them. Numbers of fields are those of onnx.proto. */
import { type Bytes, message } from './graph-bytes.js';
import type { HostileRow, Lures } from './hostile-row.js';

const FLOAT = 1;

/** A tensor of weights; values that are no list are fields that name another place for the values. */
function tensor(
  name: string,
  sizes: readonly number[],
  values: readonly number[] | Readonly<Record<string, string>>,
): Bytes {
  const own = Array.isArray(values)
    ? [[9, new Uint8Array(Float32Array.from(values).buffer)] as const]
    : [
        ...Object.entries(values).map(
          ([key, value]) => [13, message([1, key], [2, value])] as const,
        ),
        [14, 1] as const,
      ];
  return message(...sizes.map((size) => [1, size] as const), [2, FLOAT], [8, name], ...own);
}

function node(
  operation: string,
  inputs: readonly string[],
  outputs: readonly string[],
  ...more: readonly (readonly [number, string | Bytes])[]
): Bytes {
  return message(
    ...inputs.map((name) => [1, name] as const),
    ...outputs.map((name) => [2, name] as const),
    [4, operation],
    ...more,
  );
}

const value = (name: string, ...sizes: readonly (number | string)[]): Bytes => {
  const shape = message(
    ...sizes.map((size) => [1, message(typeof size === 'string' ? [2, size] : [1, size])] as const),
  );
  return message([1, name], [2, message([1, message([1, FLOAT], [2, shape])])]);
};

const attribute = (
  name: string,
  number: number,
  kind: number,
  held: Bytes,
): readonly [number, Bytes] => [5, message([1, name], [number, held], [20, kind])];

interface Parts {
  readonly nodes?: readonly Bytes[];
  readonly weights?: readonly Bytes[];
  readonly input?: Bytes;
  readonly more?: readonly (readonly [number, Bytes])[];
}

const W = tensor('W', [2, 3], [1, -2, 0.5, 3, 0, -1]);

function graph({ nodes = [], weights = [W], input = value('x', 'N', 2), more = [] }: Parts): Bytes {
  const product = node('MatMul', ['x', 'W'], ['logits']);
  return message(
    ...[...nodes, product].map((one) => [1, one] as const),
    [2, 'model'],
    ...weights.map((one) => [5, one] as const),
    ...more,
    [11, input],
    [12, value('logits', 'N', 3)],
  );
}

const OPSET = message([1, ''], [2, 13]);

function model(parts: Parts, ...more: readonly (readonly [number, Bytes])[]): Bytes {
  return message([1, 8], [7, graph(parts)], ...more, [8, OPSET]);
}

function inner(depth: number): Bytes {
  let body = message([1, node('Identity', ['x'], ['y'])], [2, 'body']);
  for (let i = 0; i < depth; i++)
    body = message(
      [1, node('If', ['c'], ['y'], attribute('then_branch', 6, 5, body))],
      [2, 'body'],
    );
  return body;
}

export function hostileOnnxModels({ secret }: Lures): HostileRow[] {
  const outside = { location: secret };
  const elsewhere = (
    name: string,
    bytes: Bytes,
    says = /has weights in other files/,
  ): HostileRow => ({
    name: `ONNX: ${name}`,
    members: [
      ['model.onnx', bytes],
      ['settings.json', '{"output":"logits"}'],
    ],
    expected: 'refused',
    says,
  });
  const refused = elsewhere;
  const lying = tensor('other', [3], outside);
  const branch = message(
    [1, node('Identity', ['other'], ['y'])],
    [2, 'branch'],
    [5, lying],
    [12, value('y', 3)],
  );
  return [
    elsewhere('a weight in another file', model({ weights: [tensor('W', [2, 3], outside)] })),
    elsewhere(
      'a weight above the folder',
      model({ weights: [tensor('W', [2, 3], { location: `../../../../../../..${secret}` })] }),
    ),
    elsewhere(
      'a weight in /proc',
      model({ weights: [tensor('W', [2, 3], { location: '/proc/self/environ', length: '24' })] }),
    ),
    elsewhere(
      'a weight in /dev/zero',
      model({ weights: [tensor('W', [2, 3], { location: '/dev/zero' })] }),
    ),
    elsewhere(
      'a weight that claims two gibibytes',
      model({ weights: [tensor('W', [2, 3], { ...outside, offset: '0', length: '2147483648' })] }),
    ),
    elsewhere(
      'a weight at a negative offset',
      model({ weights: [tensor('W', [2, 3], { ...outside, offset: '-24', length: '24' })] }),
    ),
    elsewhere(
      'a weight beyond all numbers',
      model({ weights: [tensor('W', [2, 3], { ...outside, offset: '1e400', length: 'NaN' })] }),
    ),
    refused(
      'a weight somewhere',
      model({ weights: [tensor('W', [2, 3], {})] }),
      /lies in another file, and does not say in which/,
    ),
    elsewhere(
      'a weight of a branch in another file',
      model({
        nodes: [
          node(
            'If',
            ['c'],
            ['y'],
            attribute('then_branch', 6, 5, branch),
            attribute('else_branch', 6, 5, branch),
          ),
        ],
      }),
    ),
    elsewhere(
      'a weight of a branch in a branch',
      model({
        nodes: [
          node(
            'If',
            ['c'],
            ['y'],
            attribute(
              'then_branch',
              6,
              5,
              message(
                [1, node('If', ['c'], ['y'], attribute('then_branch', 6, 5, branch))],
                [2, 'outer'],
              ),
            ),
          ),
        ],
      }),
    ),
    elsewhere(
      'a weight of a loop',
      model({ nodes: [node('Loop', ['n', 'c'], ['y'], attribute('body', 11, 10, branch))] }),
    ),
    elsewhere(
      'a constant in another file',
      model({ nodes: [node('Constant', [], ['k'], attribute('value', 5, 4, lying))] }),
    ),
    elsewhere(
      'constants in another file',
      model({ nodes: [node('Constant', [], ['k'], attribute('values', 10, 9, lying))] }),
    ),
    elsewhere(
      'a sparse weight in another file',
      model({ more: [[15, message([1, lying], [2, tensor('at', [1], [0])])]] }),
    ),
    elsewhere(
      'a sparse constant in another file',
      model({
        nodes: [
          node('Constant', [], ['k'], attribute('sparse_value', 22, 11, message([1, lying]))),
        ],
      }),
    ),
    elsewhere(
      'a function with a constant in another file',
      model({}, [
        25,
        message(
          [1, 'f'],
          [7, node('Constant', [], ['k'], attribute('value', 5, 4, lying))],
          [10, 'own'],
        ),
      ]),
    ),
    elsewhere(
      'training that begins in another file',
      model({}, [20, message([1, message([5, lying], [2, 'start'])])]),
    ),
    refused(
      'two graphs',
      Buffer.concat([model({ weights: [tensor('W', [2, 3], outside)] }), message([7, graph({})])]),
      /graph: is there more than once/,
    ),
    refused(
      'an operation of nobody’s set',
      model({ nodes: [node('PyOp', ['x'], ['y'], [7, 'ai.onnx.contrib'])] }),
      /operation ai\.onnx\.contrib\.PyOp, of a set that is not run here/,
    ),
    refused(
      'an operation of nobody’s set, in a branch',
      model({
        nodes: [
          node(
            'If',
            ['c'],
            ['y'],
            attribute(
              'then_branch',
              6,
              5,
              message([1, node('Shell', [], ['y'], [7, 'evil'])], [2, 'b']),
            ),
          ),
        ],
      }),
      /operation evil\.Shell, of a set/,
    ),
    refused(
      'a compiled part in another file',
      model({
        nodes: [
          node(
            'EPContext',
            ['x'],
            ['y'],
            [7, 'com.microsoft'],
            [5, message([1, 'ep_cache_context'], [4, secret], [20, 3])],
          ),
        ],
      }),
      /EPContext, which reads files/,
    ),
    refused(
      'branches a thousand deep',
      model({ nodes: [node('If', ['c'], ['y'], attribute('then_branch', 6, 5, inner(1000)))] }),
      /damaged one \(graphs lie more than 100 messages deep/,
    ),
    refused(
      'samples of a tebibyte',
      model({ input: value('x', 'N', 2 ** 40) }),
      /takes 1099511627776 values at once/,
    ),
    refused(
      'a set of control characters',
      model({ nodes: [node('\u001b[2J'.repeat(100_000), ['x'], ['y'], [7, '\u001b]0;x\u0007'])] }),
      /has operation [^\p{Cc}]{1,1300}, of a set/u,
    ),
    refused(
      'a file that is of another format too',
      // Field 15 with six bytes: four of these are the mark of ONNX Runtime's format.
      Buffer.concat([Buffer.from([0x7a, 6, 0, 0]), Buffer.from('ORTM'), model({})]),
      /is in ONNX Runtime's own format/,
    ),
    refused('half a file', model({}).subarray(0, 60), /is no ONNX file, or a damaged one/),
    refused(
      'two million operations',
      Buffer.concat([message([7, Buffer.alloc(4_000_000, Buffer.from([0x0a, 0x00]))])]),
      /more than 250000 operations and weights/,
    ),
  ];
}
