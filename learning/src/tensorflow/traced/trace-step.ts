/**
 * Turns a function of tensors into one TensorFlow graph: recorded once, then one call a step in place of hundreds
 * of operations, each of which costs 20 to 100 µs on its way through JavaScript. A training step of a small net is
 * several times as fast, with the same bits.
 *
 * What holds of a traced step:
 * - Its state lives in the graph. The tfjs variables keep their former values; {@link TracedStep.readState} and
 *   {@link TracedStep.writeState} move values out and in. The calls of one traced step share the state, two traced
 *   steps share nothing.
 * - Everything that is to differ from call to call is an input or state. A JavaScript number is a constant.
 * - It was compared: on the example inputs, from the same state, the graph gave the bits that the function gave.
 *
 * A function cannot be traced if it reads values (`dataSync`), draws random numbers, or uses operations beyond the
 * backend; nor on any engine but the native one. Then there is a reason, and everything is as before.
 *
 * @example
 * const state = [...model.weights.map((w) => w.read() as Variable), ...momentum];
 * const traced = traceStep(engine, { full: { fn: trainingStep, inputs: { x, y, learningRate } } }, state);
 * if ('reason' in traced) console.warn(traced.reason);
 * else traced.run('full', { x, y, learningRate }).dispose();
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs';
import { type Engine, type NativeBackend, nativeBackend } from '../engine/index.js';
import { GRAPH_TAG, savedModelFile } from './graph-messages.js';
import { type RecordedCall, type Recording, record, tensorBytes } from './recording.js';
import { stepGraph, unwritableOperation } from './step-graph.js';
import { TracedStep } from './traced-step.js';

/** A function to trace, at the shapes of its example inputs. */
export interface TraceableCall {
  /** Pure but for the state that it assigns. Called in a `tidy`. */
  readonly fn: (inputs: NamedTensorMap) => Tensor;
  /** Inputs with real values: the graph is compared on them. Borrowed. */
  readonly inputs: NamedTensorMap;
}

/** The reason why there is no graph, for a log. */
export interface NotTraced {
  readonly reason: string;
}

/**
 * Traces functions that share state: for one, the same step at several batch shapes.
 *
 * Each function runs twice on its example inputs, and the graph once. Afterwards the variables have their former
 * values, and the graph starts from the same ones.
 *
 * @param calls - by the name that {@link TracedStep.run} takes.
 * @param state - every variable that the functions assign, and those that other code assigns between calls.
 * @returns the traced step, owned by the caller, or the reason why there is none.
 * @throws what a function throws.
 */
export function traceStep(
  engine: Engine,
  calls: Readonly<Record<string, TraceableCall>>,
  state: readonly Variable[],
): TracedStep | NotTraced {
  const backend = nativeBackend(engine);
  if (backend === undefined) return { reason: `the ${engine.name} engine has no graphs` };
  const recordings = new Map<string, Recording>();
  const results = new Map<string, RecordedCall['results']>();
  for (const [name, { fn, inputs }] of Object.entries(calls)) {
    const call = record(engine, backend, fn, inputs, state);
    if ('reason' in call.recording) return call.recording;
    const odd = unwritableOperation(call.recording);
    if (odd !== undefined) return { reason: `${odd.name} has an attribute of an unknown kind` };
    // Random numbers that JavaScript draws would be frozen, and look like any other constant; a second recording shows
    // them.
    const again = record(engine, backend, fn, inputs, state);
    if (!isDeepStrictEqual(again, call)) return { reason: 'two calls with equal values differ' };
    recordings.set(name, call.recording);
    results.set(name, call.results);
  }
  let step: TracedStep;
  try {
    const isExact = engine.device !== 'gpu';
    const session = loadGraph(backend, state, [...recordings.values()], isExact);
    step = new TracedStep(backend, session, recordings, state.length);
  } catch (err) {
    return { reason: `TensorFlow does not take the graph: ${firstLine(err)}` };
  }
  const reason = differenceReason(engine, step, calls, state, results);
  if (reason === undefined) return step;
  step.dispose();
  return { reason };
}

let graphCount = 0;

function loadGraph(
  backend: NativeBackend,
  state: readonly Variable[],
  recordings: readonly Recording[],
  isExact: boolean,
): number {
  const types = state.map(({ dtype, shape }) => ({ dtype: backend.getDTypeInteger(dtype), shape }));
  const nodes = stepGraph(`traced_step_${++graphCount}`, types, recordings, isExact);
  const folder = mkdtempSync(join(tmpdir(), 'traced-step-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), savedModelFile(nodes));
    return backend.loadSavedModelMetaGraph(folder, GRAPH_TAG);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs every call of the graph once, each from the variables' values, and resets the graph to those. */
function differenceReason(
  { tf }: Engine,
  step: TracedStep,
  calls: Readonly<Record<string, TraceableCall>>,
  state: readonly Variable[],
  expected: ReadonlyMap<string, RecordedCall['results']>,
): string | undefined {
  try {
    for (const [name, { inputs }] of Object.entries(calls)) {
      step.writeState(state);
      const tensors = [step.run(name, inputs), ...step.readState()];
      const results = tensors.map((tensor) => tensorBytes(tensor.dataSync()));
      tf.dispose(tensors);
      const index = results.findIndex(
        (bytes, i) => !isDeepStrictEqual(bytes, expected.get(name)?.[i]),
      );
      if (index === 0) return `the graph of ${name} gives other bits than its operations`;
      if (index > 0) return `the graph of ${name} leaves other bits in state variable ${index - 1}`;
    }
    step.writeState(state);
    return undefined;
  } catch (err) {
    return `TensorFlow does not run the graph: ${firstLine(err)}`;
  }
}

function firstLine(err: unknown): string {
  return (err instanceof Error ? err.message : String(err)).split('\n')[0] ?? '';
}
