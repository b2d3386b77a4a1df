/**
 * SavedModels that TensorFlow wrote (fixtures/tensorflow/make.py) keep only the part that gives answers.
 * tensorflow/graph-models.test.ts checks the answers; bench/test/hostile-packages.test.ts has attacks.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import {
  decodeMessage,
  encodeMessage,
  MessageTable,
  many,
  one,
} from '../../../src/files/protobuf/protobuf-codec.js';
import { ALLOWED_OPERATIONS } from '../../../src/formats/graphs/allowed-operations.js';
import { checkSavedModel } from '../../../src/formats/saved-model/saved-model-file.js';
import { savedModelBytes } from '../../../src/formats/saved-model/saved-model-messages.js';

const given = (name: string) =>
  readFileSync(
    fileURLToPath(new URL(`../../fixtures/tensorflow/${name}/saved_model.pb`, import.meta.url)),
  );

it.each(['logits', 'softmax', 'bytes'])('checkSavedModel removes what saves: %s', (name) => {
  const { bytes } = checkSavedModel(given(name), name);
  const [before, after] = [given(name), bytes].map((own) => Buffer.from(own).toString('latin1'));
  expect(before).toContain('SaveV2');
  expect(after).not.toMatch(/SaveV2|MergeV2Checkpoints|ShardedFilename|StaticRegexFullMatch/);
  expect(after).toContain('RestoreV2');
  expect(bytes.length).toBeLessThan(given(name).length / 2);
});

it.each(['logits', 'softmax', 'bytes'])('checkSavedModel is idempotent: %s', (name) => {
  const { bytes, outline } = checkSavedModel(given(name), name);
  const again = checkSavedModel(bytes, name);
  expect(Buffer.compare(again.bytes, bytes)).toBe(0);
  expect(again.outline).toEqual(outline);
});

it('ALLOWED_OPERATIONS has no operation on files, printing, other processes or code', () => {
  const odd =
    /File|Save|Restore|Dataset|Reader|Print|Summary|Py|Rpc|Remote|Send|Recv|Xla|Debug|Dump|Abort|Immutable|Iterator|Checkpoint|Sampler|^Empty$|Call$/;
  const calls = ['PartitionedCall', 'StatefulPartitionedCall'];
  expect([...ALLOWED_OPERATIONS].filter((name) => odd.test(name))).toEqual(calls);
});

const INNER = new MessageTable({ 1: one('a', 'whole'), 2: many('list', 'whole') });
const OUTER = new MessageTable({
  1: one('inner', () => INNER),
  2: one('left', 'text', 'either'),
  3: one('right', () => INNER, 'either'),
  4: many('numbers', 'fixed32'),
});
const budget = () => ({ left: 100, maxDepth: 4 });
const bytesOf = (...parts: readonly (readonly number[])[]) => Uint8Array.from(parts.flat());

it('decodeMessage merges messages, takes the last of a oneof, and reads lists packed or not', () => {
  // inner { a: 1, list: 5 }, then inner { a: 2, list: [6, 7] } packed.
  const merged = bytesOf([0x0a, 4, 0x08, 1, 0x10, 5], [0x0a, 6, 0x08, 2, 0x12, 2, 6, 7]);
  expect(decodeMessage(OUTER, merged, budget())).toEqual({
    inner: { a: 2n, list: [5n, 6n, 7n] },
    numbers: [],
  });
  // left: 'x', then right {}; and the other way round.
  const [left, right] = [
    [0x12, 1, 0x78],
    [0x1a, 0],
  ];
  expect(decodeMessage(OUTER, bytesOf(left, right), budget())).toEqual({
    right: { list: [] },
    numbers: [],
  });
  expect(decodeMessage(OUTER, bytesOf(right, left), budget())).toEqual({ left: 'x', numbers: [] });
});

it('decodeMessage drops unknown fields and fields of another type', () => {
  // Field 9; a varint where a message belongs.
  const odd = bytesOf([0x4a, 1, 0], [0x08, 1], [0x12, 1, 0x78]);
  const values = decodeMessage(OUTER, odd, budget());
  expect(values).toEqual({ left: 'x', numbers: [] });
  expect([...encodeMessage(OUTER, values)]).toEqual([0x12, 1, 0x78]);
});

it('decodeMessage refuses more fields than its budget', () => {
  const many = Uint8Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? 0x0a : 0));
  expect(() => decodeMessage(OUTER, many, budget())).toThrow('more fields than are read');
});

it('decodeMessage reads a message in 100,000 parts quickly', () => {
  const parts = 100_000;
  const bytes = Uint8Array.from({ length: 2 * parts }, (_, i) => (i % 2 === 0 ? 0x0a : 0));
  const values = decodeMessage(OUTER, bytes, { left: parts, maxDepth: 4 });
  expect(values).toEqual({ inner: { list: [] }, numbers: [] });
}, 10_000);

it.each(['inputs', 'outputs'] as const)('checkSavedModel refuses commas in names: %s', (side) => {
  const nodes = ['a', 'b', 'a,b'].map((name) => ({
    name,
    operation: 'Placeholder',
    inputs: [],
    attributes: [],
  }));
  const ends = { inputs: [{ key: 'x', value: { name: 'a:0' } }], outputs: [] };
  const signature = { ...ends, [side]: [{ key: 'x', value: { name: 'a,b:0' } }] };
  const bytes = savedModelBytes(
    {
      info: { tags: ['serve'] },
      graph: { nodes },
      collections: [],
      assets: [],
      signatures: [{ key: 'serving_default', value: signature }],
    },
    [],
  );
  expect(() => checkSavedModel(bytes, 'odd')).toThrow(
    'has a signature with a name that no tensor has: a,b:0',
  );
});

it('checkSavedModel names the type of an output that cannot be taken', () => {
  const nodes = [{ name: 'a', operation: 'Placeholder', inputs: [], attributes: [] }];
  const end = (type: bigint) => [{ key: 'x', value: { name: 'a:0', type } }];
  const signature = { inputs: end(1n), outputs: end(14n) };
  const [collections, assets] = [[], []];
  const signatures = [{ key: 'serving_default', value: signature }];
  const info = { tags: ['serve'] };
  const bytes = savedModelBytes({ info, graph: { nodes }, collections, assets, signatures }, []);
  expect(checkSavedModel(bytes, 'm').outline.outputs).toMatchObject([{ elementType: 'bfloat16' }]);
});

it('checkSavedModel says what a model of JAX can be pushed as', () => {
  const nodes = [{ name: 'jax', operation: 'XlaCallModule', inputs: [], attributes: [] }];
  const ends = { inputs: [], outputs: [{ key: 'y', value: { name: 'jax:0' } }] };
  const graph = { info: { tags: ['serve'] }, graph: { nodes }, collections: [], assets: [] };
  const signatures = [{ key: 'serving_default', value: ends }];
  const bytes = savedModelBytes({ ...graph, signatures }, []);
  expect(() => checkSavedModel(bytes, 'jax')).toThrow(/XlaCallModule .*; JAX .* with jax2onnx/);
});

it('checkSavedModel checks a chain of 20,000 nodes with 20,000 inputs at its end quickly', () => {
  const count = 20_000;
  const chain = Array.from({ length: count }, (_, i) => ({
    name: `n${i}`,
    operation: i === 0 ? 'Placeholder' : 'Identity',
    inputs: i === 0 ? [] : [`n${i - 1}`],
    attributes: [],
  }));
  const f = { key: 'f', value: { function: { name: 'f', attributes: [] } } };
  const inputs = Array.from({ length: count }, () => `n${count - 1}`);
  const call = { name: 'call', operation: 'PartitionedCall', inputs, attributes: [f] };
  const bytes = savedModelBytes(
    {
      info: { tags: ['serve'] },
      graph: { nodes: [...chain, call] },
      collections: [],
      assets: [],
      signatures: [
        {
          key: 'serving_default',
          value: { inputs: [], outputs: [{ key: 'out', value: { name: 'call:0' } }] },
        },
      ],
    },
    [
      {
        signature: { name: 'f', inputs: [], outputs: [] },
        nodes: [],
        results: [],
        attributes: [],
        argumentAttributes: [],
      },
    ],
  );
  expect(checkSavedModel(bytes, 'chain').outline.operations).toContain('PartitionedCall');
}, 10_000);

/** Calls of a function `f` with 12 arguments. Each call passes the file of the variables as other arguments. */
function manyCallsOf(library: Functions) {
  const f = { key: 'f', value: { function: { name: 'f', attributes: [] } } };
  const calls = Array.from({ length: 4096 }, (_, call) => ({
    name: `c${call}`,
    operation: 'PartitionedCall',
    inputs: ARGUMENTS.map((_name, n) => ((call >> n) & 1 ? 'file' : 'other')),
    attributes: [f],
  }));
  const others = ['file', 'other'].map((name) => ({
    name,
    operation: 'Placeholder',
    inputs: [],
    attributes: [],
  }));
  const inputs = calls.map(({ name }) => `^${name}`);
  const restore = { name: 'restore', operation: 'NoOp', inputs, attributes: [] };
  return savedModelBytes(
    {
      info: { tags: ['serve'] },
      graph: { nodes: [...others, ...calls, restore] },
      saver: { fileName: 'file:0', restore: 'restore' },
      collections: [],
      assets: [],
      signatures: [{ key: 'serving_default', value: { inputs: [], outputs: [] } }],
    },
    library,
  );
}

const ARGUMENTS = Array.from({ length: 12 }, (_, n) => `a${n}`);
const F = { name: 'f', inputs: ARGUMENTS.map((name) => ({ name })), outputs: [] };

it('checkSavedModel refuses functions that add up to more than 4,000,000 operations', () => {
  const nodes = Array.from({ length: 20_000 }, (_, n) => ({
    name: `n${n}`,
    operation: 'Identity',
    inputs: ['a0'],
    attributes: [],
  }));
  const f = { signature: F, nodes, results: [], attributes: [], argumentAttributes: [] };
  expect(() => checkSavedModel(manyCallsOf([f]), 'calls')).toThrow('more than 4000000 operations');
}, 20_000);

/** A model whose only signature has the given outputs. */
function withOutputs(nodes: readonly Node[], outputs: readonly string[], functions: Functions) {
  return savedModelBytes(
    {
      info: { tags: ['serve'] },
      graph: { nodes },
      collections: [],
      assets: [],
      signatures: [
        {
          key: 'serving_default',
          value: {
            inputs: [],
            outputs: outputs.map((name, n) => ({ key: `out${n}`, value: { name } })),
          },
        },
      ],
    },
    functions,
  );
}

type Node = NonNullable<Parameters<typeof savedModelBytes>[0]['graph']>['nodes'][number];
type Functions = Parameters<typeof savedModelBytes>[1];

it('checkSavedModel finds the operation behind 40,000 outputs quickly', () => {
  const attributes = Array.from({ length: 20_000 }, (_, n) => ({ key: `a${n}`, value: {} }));
  const chain = Array.from({ length: 900 }, (_, n) => ({
    name: `n${n}`,
    operation: n === 0 ? 'Softmax' : 'Identity',
    inputs: n === 0 ? [] : [`n${n - 1}`],
    attributes: n === 0 ? attributes : attributes.slice(0, 50),
  }));
  const around = ['r0', 'r1'].map((name, n) => ({
    name,
    operation: 'Identity',
    inputs: [`r${1 - n}`],
    attributes: [],
  }));
  const outputs = Array.from({ length: 40_000 }, (_, n) => (n % 2 === 0 ? 'n899:0' : `n0:${n}`));
  const bytes = withOutputs([...chain, ...around], [...outputs, 'r0:0'], []);
  const { operationOf } = checkSavedModel(bytes, 'outputs').outline;
  expect(operationOf.get('out0')).toBe('Softmax');
  expect(operationOf.get('out1')).toBe('Softmax');
  expect(operationOf.get('out40000')).toBe('');
}, 10_000);

it('checkSavedModel checks a function with 40,000 arguments and 40,000 calls quickly', () => {
  const names = Array.from({ length: 40_000 }, (_, n) => ({ name: `a${n}` }));
  const functions = Array.from({ length: 40_000 }, () => ({ name: 'f', attributes: [] }));
  const calls = { key: 'list', value: { list: { functions, tensors: [] } } };
  const node = { name: 'n', operation: 'Softmax', inputs: [], attributes: [calls] };
  const signature = { name: 'f', inputs: names, outputs: [] };
  const f = { signature, nodes: [], results: [], attributes: [], argumentAttributes: [] };
  const bytes = withOutputs([node], ['n:0'], [f]);
  expect(checkSavedModel(bytes, 'calls').outline.operationOf.get('out0')).toBe('Softmax');
}, 10_000);

it('checkSavedModel refuses functions that get the file of the variables in too many ways', () => {
  const functions = Array.from({ length: 20_000 }, () => ({ name: 'g', attributes: [] }));
  const calls = { key: 'list', value: { list: { functions, tensors: [] } } };
  const inner = { name: 'n', operation: 'NoOp', inputs: [], attributes: [calls] };
  const empty = { nodes: [], results: [], attributes: [], argumentAttributes: [] };
  const g = { name: 'g', inputs: [], outputs: [] };
  const bytes = manyCallsOf([
    { ...empty, signature: F, nodes: [inner] },
    { ...empty, signature: g },
  ]);
  expect(() => checkSavedModel(bytes, 'calls')).toThrow(
    "functions that are given the variables' file in too many ways",
  );
}, 20_000);
