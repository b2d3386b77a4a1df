/**
 * A teacher behind a black-box endpoint. It gives the `class` alone, −1 where it does not know.
 *
 * What it has answered is kept for as long as the worker lives: a ticket that fails halfway, a self-test and an evaluation ask
 * nobody twice. A canary is no canary unless it calls: it has the worker forget first. Calls have a lane each; those that are under way when one fails are waited for, and what they bring is kept.
 */
import type { Dataset } from '@lyceum/learning/datasets';
import {
  callTokens,
  describeEndpoint,
  type EndpointPackage,
  endpointInputs,
  readAnswer,
  requestBody,
  requireKnownClasses,
} from '@lyceum/learning/formats';
import type { ViewAt } from '@lyceum/learning/views';
import {
  calleeOf,
  endpointCaller,
  HttpRefusedError,
  inLanes,
  type JsonCaller,
  type Outside,
  UnreadableAnswerError,
} from '@lyceum/platform';
import { CLASS_OUTPUT, LyceumError } from '@lyceum/proto';
import {
  type AnswerRequest,
  type AnswerTensor,
  type EngineOpener,
  OutsideFailure,
  type ServiceUse,
  type TeacherDescription,
  type TeacherEngine,
} from '../engine/index.js';
import type { KeptAnswers, RemotePlace } from './remote-place.js';

/** Of a ticket: below what a coordinator waits for a worker that is silent. What is left is handed back, and goes on. */
const TURN_MS = 240_000;

/** Endpoints, sets and views whose answers are kept, the newest. Four bytes a sample. */
const TABLES_MAX_COUNT = 32;

const NOT_ASKED = -2;

const NOTHING: ServiceUse = { count: 0, inputTokens: 0, outputTokens: 0 };

export interface HttpTeacherOptions {
  readonly model: EndpointPackage;
  readonly dataset: Dataset;
  readonly outside: Outside;
  readonly kept: KeptAnswers;
}

export const endpoint: EngineOpener<RemotePlace, 'endpoint'> = {
  format: 'endpoint',
  open: (model, { dataset }, { outside, kept }) =>
    HttpTeacher.open({ model, dataset, outside, kept }),
};

export class HttpTeacher implements TeacherEngine {
  readonly computesNothing = true;
  readonly #model: EndpointPackage;
  readonly #classCount: number;
  readonly #caller: JsonCaller;
  readonly #kept: KeptAnswers;
  /** Of all that its answers depend on. */
  readonly #answersDigest: string;
  #used: ServiceUse = NOTHING;

  private constructor({ model, dataset, outside, kept }: HttpTeacherOptions) {
    requireKnownClasses(model.endpoint, dataset.classNames);
    this.#model = model;
    this.#kept = kept;
    this.#answersDigest = describeEndpoint(model).answersDigest;
    this.#classCount = dataset.classCount;
    this.#caller = endpointCaller(model.endpoint, outside, {
      answered: (body, response) => {
        const { inputTokens, outputTokens } = callTokens(body, response);
        this.#used = {
          count: this.#used.count + 1,
          inputTokens: this.#used.inputTokens + inputTokens,
          outputTokens: this.#used.outputTokens + outputTokens,
        };
      },
    });
  }

  /**
   * Nobody is called.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if the set does not fit; FAILED_PRECONDITION if a secret is missing here;
   *   PERMISSION_DENIED if it is not for this host, or no address of the host may be called.
   */
  static async open(options: HttpTeacherOptions): Promise<HttpTeacher> {
    const teacher = new HttpTeacher(options);
    try {
      await options.outside.addresses.addresses(calleeOf(options.model.endpoint.url));
    } catch (err) {
      // A host that is not known now may be when it is asked.
      if (!(err instanceof LyceumError && err.retryable)) throw err;
    }
    return teacher;
  }

  describe(): TeacherDescription {
    // What a call takes is the network's to say, and tickets measure it.
    return { classCount: this.#classCount, parameterCount: 0, weightBytes: 0, latencyBatch1Ms: 0 };
  }

  async answer({ dataset, samples, view, outputs }: AnswerRequest): Promise<AnswerTensor[]> {
    if (`${outputs}` !== CLASS_OUTPUT) {
      const message = `this teacher gives ${CLASS_OUTPUT} alone, not ${outputs.join(', ')}; its access in a run is black`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const table = this.#tableOf(dataset, view);
    const missing = [...new Set(samples)].filter((sample) => table[sample] === NOT_ASKED);
    const { batch, concurrency } = this.#model.endpoint;
    const turn = AbortSignal.timeout(TURN_MS);
    try {
      await inLanes(batches(missing, batch), concurrency, turn, (some) =>
        this.#ask(dataset, view, some, table, turn),
      );
    } catch (err) {
      if (!turn.aborted || err instanceof LyceumError) throw err;
      const left = missing.filter((sample) => table[sample] === NOT_ASKED).length;
      const message = `${missing.length - left} of ${missing.length} samples answered in ${TURN_MS / 1000} s; the rest is asked in the next turn`;
      throw new LyceumError('UNAVAILABLE', message);
    }
    const values = Float32Array.from(samples, (sample) => table[sample] as number);
    return [{ name: CLASS_OUTPUT, width: 1, values }];
  }

  used(): ServiceUse {
    const used = this.#used;
    this.#used = NOTHING;
    return used;
  }

  forget(): void {
    for (const key of this.#kept.keys()) {
      if (key.startsWith(`${this.#answersDigest} `)) this.#kept.delete(key);
    }
  }

  async close(): Promise<void> {}

  async #ask(
    dataset: Dataset,
    view: ViewAt,
    samples: readonly number[],
    table: Int32Array,
    signal: AbortSignal,
  ): Promise<void> {
    const { endpoint } = this.#model;
    const inputs = await endpointInputs(this.#model, dataset, samples, view);
    const body = requestBody(endpoint, inputs, dataset.classNames);
    // What can be read is kept, whatever stands beside it.
    const problemOf = (response: unknown): string | undefined => {
      let problem: string | undefined;
      for (const [place, sample] of samples.entries()) {
        const answer = readAnswer(endpoint, response, place, dataset.classNames, false);
        if ('problem' in answer) problem ??= `sample ${sample}: the response ${answer.problem}`;
        else if (answer.className === null) table[sample] = -1;
        else table[sample] = dataset.classNames.indexOf(answer.className);
      }
      return problem;
    };
    try {
      await this.#caller.post(body, signal, problemOf);
    } catch (err) {
      throw isOutside(err) ? new OutsideFailure(err.message, { cause: err }) : err;
    }
  }

  #tableOf({ digest, sampleCount }: Dataset, view: ViewAt): Int32Array {
    const key = [this.#answersDigest, digest, view.text, view.epoch].join(' ');
    const table = this.#kept.get(key) ?? new Int32Array(sampleCount).fill(NOT_ASKED);
    // The newest last.
    this.#kept.delete(key);
    this.#kept.set(key, table);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > TABLES_MAX_COUNT && oldest !== undefined) this.#kept.delete(oldest);
    return table;
  }
}

/** An address that may not be called any more is a matter of the question too: another worker has the same answer. */
function isOutside(err: unknown): err is LyceumError {
  return (
    err instanceof HttpRefusedError ||
    err instanceof UnreadableAnswerError ||
    (err instanceof LyceumError && err.code === 'PERMISSION_DENIED')
  );
}

function batches(samples: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, i) =>
    samples.slice(i * size, (i + 1) * size),
  );
}
