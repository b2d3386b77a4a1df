/**
 * A call of a layer that waits for an input that no layer gives. TensorFlow.js makes the calls of a functional model as
 * their inputs come, and goes round without an end while one of them waits. Pure.
 */
import { bareName, isObject } from '../../files/index.js';

interface Call {
  readonly layer: string;
  /** The inputs, each `[layer, call, tensor, …]`. */
  readonly reads: readonly unknown[];
  /** How many of the inputs are there, counted from the first one. */
  known: number;
}

/** Classes of layers that have a call before the first one that is written. */
const CALLED: ReadonlySet<string> = new Set(['InputLayer', 'Model', 'Functional', 'Sequential']);

/**
 * @param layers - the layers of one model, as they are written.
 * @returns the layer that waits and the one that it waits for, with the call's number; undefined: all calls can be
 * made.
 */
export function openCall(layers: readonly unknown[]): string | undefined {
  const callCounts = new Map<string, number>();
  const ready: Call[] = [];
  for (const layer of layers) {
    if (!isObject(layer)) continue;
    const name = String(layer['name']);
    callCounts.set(name, CALLED.has(String(layer['class_name'])) ? 1 : 0);
    const nodes = layer['inbound_nodes'];
    for (const reads of Array.isArray(nodes) ? nodes : []) {
      if (Array.isArray(reads) && reads.length > 0) ready.push({ layer: name, reads, known: 0 });
    }
  }
  const waiting = new Map<string, Call[]>();
  for (let call = ready.pop(); call !== undefined; call = ready.pop()) {
    const awaited = firstOpen(call, callCounts);
    if (awaited === undefined) {
      const index = callCounts.get(call.layer) ?? 0;
      callCounts.set(call.layer, index + 1);
      const key = inputName(call.layer, index);
      for (const next of waiting.get(key) ?? []) ready.push(next);
      waiting.delete(key);
    } else {
      const others = waiting.get(awaited);
      if (others === undefined) waiting.set(awaited, [call]);
      else others.push(call);
    }
  }
  const stuck = new Map([...waiting.values()].flat().map((call) => [call.layer, call]));
  const [first] = stuck.values();
  return first === undefined ? undefined : rootOf(first, stuck);
}

/** @returns the call that the others wait for: one that waits for none of them, or one of a circle. */
function rootOf(first: Call, stuck: ReadonlyMap<string, Call>): string {
  const seen = new Set<Call>();
  let call = first;
  while (!seen.has(call)) {
    seen.add(call);
    call = stuck.get(awaitedBy(call).layer) ?? call;
  }
  const { layer, index } = awaitedBy(call);
  return `${bareName(call.layer)} reads ${bareName(inputName(layer, index))}`;
}

/** The input that the call waits for. */
function awaitedBy({ reads, known }: Call): { layer: string; index: number } {
  const read = reads[known];
  const [layer, number] = Array.isArray(read) ? read : [];
  return { layer: String(layer), index: Math.floor(Number(number)) };
}

/** The name of the first input that is not there yet; undefined: all are there. */
function firstOpen(call: Call, callCounts: ReadonlyMap<string, number>): string | undefined {
  for (; call.known < call.reads.length; call.known++) {
    const { layer, index } = awaitedBy(call);
    const count = callCounts.get(layer);
    if (count === undefined || count <= index) return inputName(layer, index);
  }
  return undefined;
}

function inputName(layer: string, index: number): string {
  return index > 0 ? `call ${index} of ${layer}` : layer;
}
