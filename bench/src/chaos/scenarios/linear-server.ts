/**
 * A server in this process with linear models of the digits. Over the Open Inference Protocol it answers with logits;
 * as a paid endpoint it answers with the class only. The answer to a sample depends on that sample only.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PIXELS = 784;
const CLASSES = 10;
/** Seeds of the models. */
const [PUSHED, OTHER, PAID] = [1, 2, 3] as const;

interface Request {
  readonly id?: string;
  readonly inputs?: readonly { readonly data: readonly number[] }[];
  readonly rows?: readonly unknown[];
}

export class LinearServer {
  readonly address: string;
  /** Whether another model answers in place of the pushed one. */
  isOther = false;
  readonly #close: () => void;

  private constructor(address: string, close: () => void) {
    this.address = address;
    this.#close = close;
  }

  static async start(): Promise<LinearServer> {
    const http = createServer();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    const server = new LinearServer(`127.0.0.1:${port}`, () => {
      http.closeAllConnections();
      http.close();
    });
    http.on('request', (request, response) => void server.#handle(request, response));
    return server;
  }

  close(): void {
    this.#close();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      // The request's connection broke.
      return;
    }
    const body = parts.length === 0 ? {} : (JSON.parse(Buffer.concat(parts).toString()) as Request);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(this.#answer(request.url ?? '', body)));
  }

  #answer(path: string, { id, inputs, rows }: Request): object {
    if (path.endsWith('/paid')) return { classes: (rows ?? []).map((row) => paidClass(row)) };
    if (!path.endsWith('/infer')) {
      const input = { name: 'input', datatype: 'FP32', shape: [-1, PIXELS] };
      const output = { name: 'logits', datatype: 'FP32', shape: [-1, CLASSES] };
      const model = { platform: 'linear', versions: ['1'], inputs: [input], outputs: [output] };
      return path.includes('/models/')
        ? { name: 'linear', ...model }
        : { name: 'linear', version: '1' };
    }
    const pixels = inputs?.[0]?.data ?? [];
    const count = pixels.length / PIXELS;
    const data = Array.from({ length: count }, (_, row) =>
      logits(pixels.slice(row * PIXELS, (row + 1) * PIXELS), this.isOther ? OTHER : PUSHED),
    ).flat();
    return { id, outputs: [{ name: 'logits', datatype: 'FP32', shape: [count, CLASSES], data }] };
  }
}

function paidClass(row: unknown): string {
  const values = logits([row].flat(8) as number[], PAID);
  return String(values.indexOf(Math.max(...values)));
}

const WEIGHTS = new Map<number, Float64Array>();

function logits(pixels: readonly number[], model: number): number[] {
  const weights = WEIGHTS.get(model) ?? drawn(model);
  WEIGHTS.set(model, weights);
  return Array.from({ length: CLASSES }, (_, c) => {
    let sum = 0;
    for (let k = 0; k < PIXELS; k++) {
      const pixel = pixels[k] as number;
      if (pixel !== 0) sum += pixel * (weights[k * CLASSES + c] as number);
    }
    return Math.fround(sum);
  });
}

/** Random numbers around 0, always the same for a seed. Marsaglia 2003, "Xorshift RNGs". */
function drawn(seed: number): Float64Array {
  let x = Math.imul(seed, 2_654_435_769) | 1;
  return Float64Array.from({ length: PIXELS * CLASSES }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32 - 0.5;
  });
}
