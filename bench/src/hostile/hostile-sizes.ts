/** SavedModels that are damaged, or that claim more memory than there is. */
import {
  type Bytes,
  DT,
  functionNamed,
  functionOf,
  message,
  metaGraph,
  node,
  savedModel,
  shapeOf,
  text,
  type,
} from './graph-bytes.js';
import type { HostileRow } from './hostile-row.js';
import { answer, call, model } from './model-with-attack.js';

const waiting = answer({ after: ['attack'] });

function refused(name: string, bytes: Bytes, says: RegExp): HostileRow {
  return { name, savedModel: bytes, expected: 'refused', says };
}

function nested(name: string, called: string): Bytes {
  return functionOf(name, { nodes: [call('inner', called)] });
}

function twice(name: string, called: string): Bytes {
  return functionOf(name, { nodes: [call('one', called), call('two', called)] });
}

function deep(levels: number): Bytes {
  let attribute = type(DT.float);
  for (let i = 0; i < levels; i++) attribute = functionNamed('none', { f: attribute });
  return attribute;
}

export function hostileSizes(): HostileRow[] {
  return [
    refused(
      'a function that calls itself',
      model([call('attack', 'a'), ...waiting], { functions: [nested('a', 'a')] }),
      /call themselves/,
    ),
    refused(
      'functions a thousand deep',
      model([call('attack', 'f0'), ...waiting], {
        functions: [...Array(1000).keys()]
          .map((i) => nested(`f${i}`, `f${i + 1}`))
          .concat(functionOf('f1000', { nodes: [node('nothing', 'NoOp')] })),
      }),
      /more than 100 deep/,
    ),
    refused(
      'functions that double forty times',
      model([call('attack', 'f0'), ...waiting], {
        functions: [...Array(40).keys()]
          .map((i) => twice(`f${i}`, `f${i + 1}`))
          .concat(functionOf('f40', { nodes: [node('nothing', 'NoOp')] })),
      }),
      /more than 4000000 operations/,
    ),
    refused(
      'attributes ten thousand deep',
      model([node('attack', 'NoOp', [], { odd: deep(1000) }), ...waiting]),
      /damaged one \(messages lie more than 64 deep/,
    ),
    refused(
      'a variable of four tebibytes',
      model([
        node('v', 'VarHandleOp', [], {
          dtype: type(DT.float),
          shape: shapeOf([2 ** 40]),
          shared_name: text('v'),
        }),
        node('read', 'ReadVariableOp', ['v'], { dtype: type(DT.float) }),
        ...answer({ plus: 'read' }),
      ]),
      /has variables of 4398046511104 bytes/,
    ),
    refused(
      'a constant of four tebibytes',
      model([
        node('large', 'Const', [], {
          dtype: type(DT.float),
          value: message([
            8,
            message(
              [1, DT.float],
              [2, message([2, message([1, 2 ** 40])])],
              [5, new Uint8Array(4)],
            ),
          ]),
        }),
        ...answer({ plus: 'large' }),
      ]),
      /has constants of more than/,
    ),
    refused(
      'samples of a tebibyte',
      model(answer(), { shape: [-1, 2 ** 40] }),
      /takes 1099511627776 values at once/,
    ),
    refused(
      'batches of a tebibyte',
      model(answer(), { shape: [2 ** 40, 2] }),
      /takes 2199023255552 values at once/,
    ),
    refused(
      'an operation named by a megabyte of control characters',
      model([node('attack', '\u001b[2J'.repeat(300_000)), ...waiting]),
      /not run here: [^\p{Cc}]{1,1300} \(in the graph\)/u,
    ),
    refused(
      'a forged handle',
      model([
        node('attack', 'Const', [], {
          dtype: type(DT.resource),
          value: message([
            8,
            message(
              [1, DT.resource],
              [2, message()],
              [14, message([1, '/cpu:0'], [2, 'localhost'], [3, 'v'])],
            ),
          ]),
        }),
        node('read', 'ReadVariableOp', ['attack'], { dtype: type(DT.float) }),
        ...answer({ plus: 'read' }),
      ]),
      /a constant of a type that no constant has: attack/,
    ),
    refused('half a file', model(answer()).subarray(0, 100), /is no SavedModel, or a damaged one/),
    refused(
      'a length beyond the end',
      Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00]),
      /is no SavedModel, or a damaged one/,
    ),
    refused(
      'nine million graphs',
      Buffer.alloc(18_000_000, Buffer.from([0x12, 0x00])),
      /more fields than are read/,
    ),
    refused(
      'nine million operations',
      savedModel(metaGraph({ graphs: [Buffer.alloc(18_000_000, Buffer.from([0x0a, 0x00]))] })),
      /more than 100000 nodes/,
    ),
  ];
}
