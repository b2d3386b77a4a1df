/**
 * From recordings to the nodes of one graph. State variables are resources of the session that runs the graph:
 * all its calls read and write the same ones.
 *
 * A call reads every variable before it is assigned, in whatever order the executor takes the nodes, and gives its
 * output after all assignments.
 */
import { DT } from '../engine/index.js';
import {
  type AttributeValue,
  type GraphNode,
  recordedAttribute,
  shapeAttribute,
  stringAttribute,
  tensorAttribute,
  typeAttribute,
} from './graph-messages.js';
import { opaqueName, opaqueNode } from './opaque-nodes.js';
import type { RecordedOperation, Recording, Source, TensorType } from './recording.js';
import { writtenOut } from './written-out.js';

/** Names of the nodes that are fed and fetched, by position: no name of the user's is in them. */
export const stepNodes = {
  input: (call: number, index: number) => `call${call}/input${index}`,
  output: (call: number) => `call${call}/output`,
  /** The node that is fed a value to assign. */
  newState: (index: number) => `state${index}/new`,
  /** The node that runs after all fed values are assigned. */
  stateWritten: 'state_written',
  currentState: (index: number) => `state${index}/current`,
} as const;

/**
 * @param name - unique in this process; the variables are shared under it.
 * @param state - types of the state variables.
 * @param isExact - whether operations are fused only where that gives the same bits on a processor, with oneDNN too.
 */
export function stepGraph(
  name: string,
  state: readonly TensorType[],
  recordings: readonly Recording[],
  isExact: boolean,
): readonly GraphNode[] {
  return [
    ...state.flatMap((type, index) => variableNodes(name, type, index)),
    node(
      stepNodes.stateWritten,
      'Const',
      state.map((_, index) => `^${assignNew(index)}`),
      { dtype: typeAttribute(DT.bool), value: tensorAttribute(TRUE) },
    ),
    ...recordings.flatMap((recording, call) =>
      callNodes(call, isExact ? writtenOut(recording) : recording, state, isExact),
    ),
  ];
}

/** An operation that cannot be written into a graph. */
export function unwritableOperation(recording: Recording): RecordedOperation | undefined {
  return recording.operations.find((operation) =>
    operation.attributes.some((attribute) => recordedAttribute(attribute) === undefined),
  );
}

const TRUE = { dtype: DT.bool, shape: [], bytes: Uint8Array.of(1) };

const handle = (index: number) => `state${index}/handle`;
const assignNew = (index: number) => `state${index}/assign`;

function variableNodes(name: string, { dtype, shape }: TensorType, index: number): GraphNode[] {
  const typed = { dtype: typeAttribute(dtype) };
  const shaped = { ...typed, shape: shapeAttribute(shape) };
  const shared = {
    container: stringAttribute(name),
    shared_name: stringAttribute(`${name}/state${index}`),
  };
  return [
    node(handle(index), 'VarHandleOp', [], { ...shaped, ...shared }),
    node(stepNodes.newState(index), 'Placeholder', [], shaped),
    node(assignNew(index), 'AssignVariableOp', [handle(index), stepNodes.newState(index)], typed),
    node(stepNodes.currentState(index), 'ReadVariableOp', [handle(index)], typed),
  ];
}

function callNodes(
  call: number,
  recording: Recording,
  state: readonly TensorType[],
  isExact: boolean,
): GraphNode[] {
  const { inputs, constants, operations, output } = recording;
  const name = (what: string, index: number) => `call${call}/${what}${index}`;
  const ref = (source: Source): string => {
    switch (source.kind) {
      case 'input':
        return stepNodes.input(call, source.index);
      case 'state':
        return name('read', source.index);
      case 'constant':
        return name('constant', source.index);
      case 'operation':
        return `${name('operation', source.index)}:${source.output}`;
    }
  };
  /** Opaque nodes, by name. */
  const opaque = new Map<string, GraphNode>();
  const inputOf = (index: number, source: Source, place: number): string => {
    const operation = operations[index] as RecordedOperation;
    const plain = ref(source);
    const own = `call${call}/${opaqueName(source, operation, index, place)}`;
    const hidden = opaqueNode(own, plain, source, operation, recording, state, isExact);
    if (hidden === undefined) return plain;
    opaque.set(hidden.name, hidden);
    return hidden.name;
  };
  const assigned = recording.state.flatMap((source, index) =>
    source.kind === 'state' && source.index === index ? [] : [{ source, index }],
  );
  return [
    ...inputs.map(({ dtype, shape }, index) =>
      node(stepNodes.input(call, index), 'Placeholder', [], {
        dtype: typeAttribute(dtype),
        shape: shapeAttribute(shape),
      }),
    ),
    ...constants.map((constant, index) =>
      node(name('constant', index), 'Const', [], {
        dtype: typeAttribute(constant.dtype),
        value: tensorAttribute(constant),
      }),
    ),
    ...state.map(({ dtype }, index) =>
      node(name('read', index), 'ReadVariableOp', [handle(index)], { dtype: typeAttribute(dtype) }),
    ),
    ...operations.map((operation, index) => {
      const sources = operation.inputs.map((source, place) => inputOf(index, source, place));
      return node(name('operation', index), operation.name, sources, encoded(operation.attributes));
    }),
    ...opaque.values(),
    ...assigned.map(({ source, index }) =>
      node(
        name('assign', index),
        'AssignVariableOp',
        [handle(index), ref(source), `^${name('read', index)}`],
        { dtype: typeAttribute((state[index] as TensorType).dtype) },
      ),
    ),
    node(
      stepNodes.output(call),
      'Identity',
      [ref(output.source), ...assigned.map(({ index }) => `^${name('assign', index)}`)],
      { T: typeAttribute(output.dtype) },
    ),
  ];
}

function encoded(attributes: RecordedOperation['attributes']): Record<string, AttributeValue> {
  return Object.fromEntries(
    attributes.map((attribute) => [attribute.name, recordedAttribute(attribute) as AttributeValue]),
  );
}

function node(
  name: string,
  operation: string,
  inputs: readonly string[],
  attributes: GraphNode['attributes'],
): GraphNode {
  return { name, operation, inputs, attributes };
}
