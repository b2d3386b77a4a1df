/** An ONNX graph under construction: nodes, constants, and names that are never given twice. */
import type { OnnxElementType } from '../../formats/onnx/index.js';
import type { OnnxAttribute, OnnxConstant, OnnxNode } from './onnx-messages.js';

export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  /** Name of the layer for which the next nodes are added. Their names begin with it; runtimes show these names. */
  layer = '';
  #count = 0;

  /** Adds a node. @returns the name of its output. */
  node(
    operation: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    output = this.#name(operation.toLowerCase()),
  ): string {
    const name = this.layer === '' ? output : `${this.layer}/${output}`;
    this.nodes.push({ name, operation, inputs, output, attributes });
    return output;
  }

  float32(name: string, shape: readonly number[], values: Float32Array): string {
    return this.constant(name, 'float32', shape, bytesOf(values));
  }

  int64(name: string, values: readonly number[]): string {
    const data = bytesOf(BigInt64Array.from(values, BigInt));
    return this.constant(name, 'int64', [values.length], data);
  }

  constant(
    name: string,
    type: OnnxElementType,
    shape: readonly number[],
    data: OnnxConstant['data'],
  ): string {
    const unique = this.#name(name);
    this.constants.push({ name: unique, type, shape, data });
    return unique;
  }

  #name(stem: string): string {
    this.#count += 1;
    return `${stem}_${this.#count}`;
  }
}

function bytesOf(values: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
