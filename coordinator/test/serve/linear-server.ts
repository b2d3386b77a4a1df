/**
 * An inference server (Open Inference Protocol over HTTP) in the test's process, whose model a test may replace while
 * it answers. The model is one layer without activation, computed in float64 and answered in float32.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomFrom } from '../random.js';

export interface LinearModel {
  readonly inputs: number;
  readonly classes: number;
  /** [inputs, classes]. */
  readonly weights: ArrayLike<number>;
  /** By class. */
  readonly biases: readonly number[];
  /** The version that the server names; '1' if it is left out. */
  readonly version?: string;
}

/** Logits of some tens, so that a hundredth of the greatest is above 0.2. */
export function linearModel(seed: number, inputs: number, classes: number): LinearModel {
  const random = randomFrom(seed);
  const weights = Float32Array.from({ length: inputs * classes }, () => (random() - 0.5) * 60);
  return { inputs, classes, weights, biases: Array.from({ length: classes }, () => 0) };
}

export class LinearServer {
  readonly url: string;
  /** The model that answers from now on. */
  model: LinearModel;
  /** Each answer's numbers are off by up to this share of the greatest, by random amounts. */
  noise = 0;
  /** How many requests are answered with 503 before each good answer. */
  stumbles = 0;
  /** Rows that were answered. */
  rowCount = 0;
  /** Called before each answer. */
  onInfer: () => void = () => {};
  readonly #close: () => Promise<void>;
  #turn = 1;
  #stumbled = 0;

  private constructor(url: string, model: LinearModel, close: () => Promise<void>) {
    this.url = url;
    this.model = model;
    this.#close = close;
  }

  static async start(model: LinearModel): Promise<LinearServer> {
    const holder: { served?: LinearServer } = {};
    const http = createServer((request, response) => {
      void holder.served?.handle(request, response);
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    const close = async (): Promise<void> => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    };
    const served = new LinearServer(`http://127.0.0.1:${port}`, model, close);
    holder.served = served;
    return served;
  }

  stop(): Promise<void> {
    return this.#close();
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.#stumbled < this.stumbles) {
      this.#stumbled++;
      response.writeHead(503).end();
      return;
    }
    this.#stumbled = 0;
    const body = Buffer.concat(chunks).toString();
    const answer = (request.url ?? '').endsWith('/infer')
      ? this.#infer(JSON.parse(body) as InferBody)
      : (request.url ?? '').endsWith('/far')
        ? this.#metadata()
        : { name: 'linear', version: '1', extensions: [] };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  }

  #metadata(): object {
    const { inputs: size, classes, version = '1' } = this.model;
    const input = { name: 'input', datatype: 'FP32', shape: [-1, size] };
    const output = { name: 'logits', datatype: 'FP32', shape: [-1, classes] };
    const versions = [version];
    return { name: 'far', platform: 'linear', versions, inputs: [input], outputs: [output] };
  }

  #infer({ id, inputs: [input] }: InferBody): object {
    this.onInfer();
    const data = input?.data ?? [];
    const { inputs: size, classes, weights, biases } = this.model;
    const rowCount = data.length / size;
    this.rowCount += rowCount;
    const values = Array.from({ length: rowCount * classes }, (_, i) => {
      const [row, c] = [Math.floor(i / classes), i % classes];
      let sum = biases[c] as number;
      for (let k = 0; k < size; k++) {
        sum += (data[row * size + k] as number) * (weights[k * classes + c] as number);
      }
      return Math.fround(sum);
    });
    const output = { name: 'logits', datatype: 'FP32', shape: [rowCount, classes] };
    return { id, outputs: [{ ...output, data: this.#noisy(values) }] };
  }

  #noisy(values: number[]): number[] {
    if (this.noise === 0) return values;
    const greatest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const random = randomFrom(this.#turn++);
    return values.map((value) => value + 2 * this.noise * greatest * (random() - 0.5));
  }
}

interface InferBody {
  readonly id: string;
  readonly inputs: readonly { readonly data: readonly number[] }[];
}
