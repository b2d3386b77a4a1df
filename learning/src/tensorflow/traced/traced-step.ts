/** A step that runs as one TensorFlow graph. {@link traceStep} makes it and says what holds of it. */
import { LyceumError } from '@lyceum/proto';
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import type { InputInfo, NativeBackend } from '../engine/index.js';
import type { Recording } from './recording.js';
import { stepNodes } from './step-graph.js';

interface Call {
  readonly inputs: Recording['inputs'];
  readonly infos: readonly InputInfo[];
  readonly outputNames: readonly string[];
}

export class TracedStep {
  readonly #backend: NativeBackend;
  readonly #session: number;
  readonly #calls: ReadonlyMap<string, Call>;
  readonly #stateInputs: readonly InputInfo[];
  readonly #stateOutputs: readonly string[];

  /**
   * @param session - the loaded graph's; owned from here on. Its state has no values yet.
   * @param recordings - by the call's name, in the order in which the graph was built.
   */
  constructor(
    backend: NativeBackend,
    session: number,
    recordings: ReadonlyMap<string, Recording>,
    stateCount: number,
  ) {
    this.#backend = backend;
    this.#session = session;
    this.#calls = new Map(
      [...recordings].map(([name, { inputs }], call) => [
        name,
        {
          inputs,
          infos: inputs.map((_, index) => inputInfo(stepNodes.input(call, index))),
          outputNames: [`${stepNodes.output(call)}:0`],
        },
      ]),
    );
    const indices = [...Array(stateCount).keys()];
    this.#stateInputs = indices.map((index) => inputInfo(stepNodes.newState(index)));
    this.#stateOutputs = indices.map((index) => `${stepNodes.currentState(index)}:0`);
  }

  /**
   * One step: reads and assigns the graph's state.
   *
   * @param inputs - by the names and at the shapes of the example inputs. Borrowed.
   * @returns the output, owned by the caller.
   * @throws {LyceumError} INVALID_ARGUMENT for another call, name or shape.
   */
  run(call: string, inputs: NamedTensorMap): Tensor {
    const found = this.#calls.get(call);
    if (found === undefined)
      throw new LyceumError('INVALID_ARGUMENT', `no call ${call} was traced`);
    const tensors = found.inputs.map(({ name, shape }) => {
      const tensor = inputs[name];
      if (tensor === undefined || !equalShapes(tensor.shape, shape)) {
        throw new LyceumError(
          'INVALID_ARGUMENT',
          `input ${name} was traced as [${shape}], now it is ${tensor === undefined ? 'missing' : `[${tensor.shape}]`}`,
        );
      }
      return tensor;
    });
    const { infos, outputNames } = found;
    return this.#backend.runSavedModel(this.#session, tensors, infos, outputNames)[0] as Tensor;
  }

  /** @returns the values of the state variables, in their order, owned by the caller. */
  readState(): Tensor[] {
    if (this.#stateOutputs.length === 0) return [];
    return this.#backend.runSavedModel(this.#session, [], [], this.#stateOutputs);
  }

  /** @param values - one a state variable, in their order and shapes. Borrowed. */
  writeState(values: readonly Tensor[]): void {
    const [written] = this.#backend.runSavedModel(this.#session, values, this.#stateInputs, [
      `${stepNodes.stateWritten}:0`,
    ]);
    written?.dispose();
  }

  /** Frees the graph and its state. */
  dispose(): void {
    this.#backend.deleteSavedModel(this.#session);
  }
}

/**
 * How an input is described to the backend. The library uses the name alone; the types only keep the backend from
 * converting.
 */
function inputInfo(node: string): InputInfo {
  return { name: `${node}:0`, dtype: 'float32', tfDtype: 'DT_FLOAT' };
}

function equalShapes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, index) => size === b[index]);
}
