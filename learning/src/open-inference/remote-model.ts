/**
 * Asks a model behind a server for many rows: cut into requests that the server takes, some at a time, each tried again
 * under its own id if the server is away for a moment.
 *
 * Symbols: C classes.
 */
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Turns } from '@lyceum/platform';
import {
  type ErrorCode,
  INFERENCE_REQUEST_MAX_BYTES,
  LyceumError,
  toLyceumError,
} from '@lyceum/proto';
import type { RemotePackage } from '../formats/remote/index.js';
import { type InferenceServer, patientServer } from './inference-server.js';
import { type InputTensor, inputBytes, padded } from './input-tensors.js';

/** How often a request is tried: one that fails four times within some seconds is given up, and the caller decides. */
const TRIES = 4;

/** Codes by which a server refuses a request. KServe and MLServer answer INTERNAL if a model cannot use the inputs. */
const REFUSALS: readonly ErrorCode[] = ['INVALID_ARGUMENT', 'INTERNAL'];

/** The server is there, and refuses a request or fails at it. */
export class RefusedRequestError extends LyceumError {}

export class RemoteModel {
  readonly #server: InferenceServer;
  /**
   * For calls while a model is loaded: tried again if the server refuses them, but not if it is late. A worker loads
   * one teacher at a time, so a server that takes connections and never answers would hold the others up.
   */
  readonly atLoad: InferenceServer;
  readonly #package: Pick<RemotePackage, 'description' | 'found'>;
  readonly #closing = new AbortController();
  /** At most as many requests at a time as the description says. */
  readonly #turns: Turns;

  /** @param random - uniform in [0, 1). */
  constructor(
    server: InferenceServer,
    remote: Pick<RemotePackage, 'description' | 'found'>,
    random: () => number,
  ) {
    const patience = { tries: TRIES, random, signal: this.#closing.signal };
    this.#server = patientServer(server, patience);
    this.atLoad = patientServer(server, {
      ...patience,
      isFinal: ({ code }) => code === 'DEADLINE_EXCEEDED',
    });
    this.#package = remote;
    this.#turns = new Turns(remote.description.concurrency);
    // Every request under way listens to this signal.
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * Calls may overlap.
   *
   * @param read - the inputs for the `count` rows from `first` on, as the model takes them; called just before a
   * request is sent, so that few rows are in memory.
   * @returns [rowCount, C], the server's own numbers.
   * @throws {LyceumError} with the server's code, FAILED_PRECONDITION instead of INVALID_ARGUMENT: the server took such
   * requests before, so the fault is its own. A {@link RefusedRequestError} if it may be the fault of these rows.
   */
  async infer(
    rowCount: number,
    read: (first: number, count: number) => readonly InputTensor[],
  ): Promise<Float32Array<ArrayBuffer>> {
    const { rows, classCount } = this.#package.found;
    const values = new Float32Array(rowCount * classCount);
    const parts: Promise<void>[] = [];
    let isFailed = false;
    const answer = async (first: number, count: number): Promise<void> => {
      const inputs = read(first, count);
      // Texts have any length: as many texts as there were canaries may be more than a request holds.
      if (inputBytes(inputs) > INFERENCE_REQUEST_MAX_BYTES && count > 1) {
        return answerHalves(first, count);
      }
      try {
        values.set(await this.#request(inputs, count), first * classCount);
      } catch (err) {
        // It may also be more than the server, or a proxy before it, takes.
        if (toLyceumError(err).code !== 'RESOURCE_EXHAUSTED' || count === 1) throw err;
        await answerHalves(first, count);
      }
    };
    const answerHalves = async (first: number, count: number): Promise<void> => {
      const half = Math.floor(count / 2);
      await answer(first, half);
      await answer(first + half, count - half);
    };
    const answerRows = async (first: number): Promise<void> => {
      // After a failure the other answers would only be thrown away.
      if (isFailed) return;
      try {
        await answer(first, Math.min(rows, rowCount - first));
      } catch (err) {
        isFailed = true;
        throw err;
      }
    };
    for (let first = 0; first < rowCount; first += rows) {
      parts.push(this.#turns.take(() => answerRows(first)));
    }
    // Waits for all requests, so that none goes on unseen after one has failed.
    const outcomes = await Promise.allSettled(parts);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    return values;
  }

  /** Closes the server. Requests under way fail. */
  close(): void {
    this.#closing.abort();
    this.#server.close();
  }

  async #request(own: readonly InputTensor[], count: number): Promise<Float32Array> {
    const { found } = this.#package;
    const { rows, rowsAreFixed, classCount } = found;
    const sent = rowsAreFixed ? rows : count;
    const inputs = sent === count ? own : padded(own, sent);
    const request = { id: randomUUID(), inputs, output: found.output };
    try {
      const result = await this.#server.infer(request, this.#closing.signal);
      const { shape } = result;
      if (`${shape}` !== `${[sent, classCount]}`) {
        const message = `output ${found.output} has shape [${shape}]; want [${[sent, classCount]}]`;
        throw new LyceumError('FAILED_PRECONDITION', message);
      }
      return result.values.subarray(0, count * classCount);
    } catch (thrown) {
      const { code, message } = ofServer(thrown, this.#package.description.url);
      const isRefusal = REFUSALS.includes(toLyceumError(thrown).code);
      const Failure = isRefusal ? RefusedRequestError : LyceumError;
      throw new Failure(code, message, { cause: thrown });
    }
  }
}

/** The error with the server's name, and with a code that never blames the caller. */
export function ofServer(thrown: unknown, url: string): LyceumError {
  const err = toLyceumError(thrown);
  const code = err.code === 'INVALID_ARGUMENT' ? 'FAILED_PRECONDITION' : err.code;
  // The message may begin with the address, which stands in the URL too.
  const address = `${url.replace(/^.*?:\/\//, '').replace(/\/.*$/, '')}: `;
  const message = err.message.startsWith(address) ? err.message.slice(address.length) : err.message;
  return new LyceumError(code, `${url}: ${message}`, { cause: err });
}
