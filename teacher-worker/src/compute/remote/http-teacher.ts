/**
 * A teacher behind a black-box endpoint. It gives the `class` alone, −1 if the endpoint does not know the class.
 *
 * Its answers are kept, also when the worker is killed: after a ticket that failed halfway, in a self-test or in an
 * evaluation, no sample is asked about twice. A canary must call the endpoint to be of use, so its samples are asked
 * again. If the endpoint now answers one of these samples differently, the kept answers are dropped. Each lane makes
 * one call at a time. If a call fails, calls under way are waited for, and their answers are kept.
 */
import type { Dataset } from '@lyceum/learning/datasets';
import {
  callTokens,
  describeEndpoint,
  type EndpointPackage,
  endpointInputs,
  listProblem,
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
  usedTogether,
} from '../engine/index.js';
import type { KeptAnswers, TableKey } from './kept-answers.js';
import type { RemotePlace } from './remote-place.js';

/**
 * Time for a ticket: less than a coordinator waits for a silent worker. If samples are left then, the ticket is handed
 * back, and the rest is asked in a later turn.
 */
const TURN_MS = 240_000;

const NOTHING: ServiceUse = { count: 0, inputTokens: 0, outputTokens: 0 };

/** Classes by sample. */
interface KnownClasses {
  get(sample: number): number | undefined;
  set(sample: number, answer: number): unknown;
}

export interface HttpTeacherOptions {
  readonly model: EndpointPackage;
  readonly dataset: Dataset;
  readonly outside: Outside;
  readonly kept: KeptAnswers;
  /** Time for a ticket. Default: {@link TURN_MS}. */
  readonly turnMs?: number;
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
  /** Digest of all that the endpoint's answers depend on. */
  readonly #answersDigest: string;
  readonly #turnMs: number;
  #used: ServiceUse = NOTHING;
  /** Why the last call of this turn that failed did; undefined: none failed. */
  #failure: string | undefined;
  /** Answers to probes since {@link HttpTeacher.forget} was called, by table; undefined: probes get kept answers. */
  #anew: Map<string, Map<number, number>> | undefined;

  private constructor({ model, dataset, outside, kept, turnMs = TURN_MS }: HttpTeacherOptions) {
    requireKnownClasses(model.endpoint, dataset.classNames);
    this.#model = model;
    this.#kept = kept;
    this.#turnMs = turnMs;
    this.#answersDigest = describeEndpoint(model).answersDigest;
    this.#classCount = dataset.classCount;
    this.#caller = endpointCaller(model.endpoint, outside, {
      answered: (body, response) => {
        this.#used = usedTogether(this.#used, { count: 1, ...callTokens(body, response) });
      },
      retried: (reason) => {
        this.#failure = reason;
      },
    });
  }

  /**
   * Opens the teacher without a call to the endpoint.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if the set does not fit; FAILED_PRECONDITION if a secret is missing here;
   *   PERMISSION_DENIED if the secret is not for this host, or no address of the host may be called.
   */
  static async open(options: HttpTeacherOptions): Promise<HttpTeacher> {
    const teacher = new HttpTeacher(options);
    try {
      await options.outside.addresses.addresses(calleeOf(options.model.endpoint.url));
    } catch (err) {
      // A host that is unknown now may be known when it is asked.
      if (!(err instanceof LyceumError && err.retryable)) throw err;
    }
    return teacher;
  }

  describe(): TeacherDescription {
    // How long a call takes depends on the network; tickets measure it.
    return { classCount: this.#classCount, parameterCount: 0, weightBytes: 0, latencyBatch1Ms: 0 };
  }

  async answer(request: AnswerRequest): Promise<AnswerTensor[]> {
    const { dataset, samples, view, outputs } = request;
    if (`${outputs}` !== CLASS_OUTPUT) {
      const message = `this teacher gives ${CLASS_OUTPUT} alone, not ${outputs.join(', ')}; its access in a run is black`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const key = this.#keyOf(dataset, view);
    const anew = request.isProbe === true ? this.#anewOf(key) : undefined;
    const known = anew ?? this.#kept.table(key);
    const missing = [...new Set(samples)].filter((sample) => known.get(sample) === undefined);
    const { batch, concurrency } = this.#model.endpoint;
    const turn = AbortSignal.timeout(this.#turnMs);
    this.#failure = undefined;
    try {
      await inLanes(batches(missing, batch), concurrency, turn, (some) =>
        this.#ask(dataset, view, some, known, turn),
      );
    } catch (err) {
      if (!turn.aborted || err instanceof LyceumError) throw err;
      const left = missing.filter((sample) => known.get(sample) === undefined).length;
      const failure = this.#failure === undefined ? '' : `; the last failure: ${this.#failure}`;
      const message = `${missing.length - left} of ${missing.length} samples answered in ${this.#turnMs / 1000} s${failure}; the rest is asked in the next turn`;
      throw new LyceumError('UNAVAILABLE', message);
    }
    if (anew !== undefined) this.#keepAnew(key, samples, anew);
    const values = Float32Array.from(samples, (sample) => known.get(sample) as number);
    return [{ name: CLASS_OUTPUT, width: 1, values }];
  }

  used(): ServiceUse {
    const used = this.#used;
    this.#used = NOTHING;
    return used;
  }

  forget(): void {
    this.#anew = new Map();
  }

  async close(): Promise<void> {}

  async #ask(
    dataset: Dataset,
    view: ViewAt,
    samples: readonly number[],
    known: KnownClasses,
    signal: AbortSignal,
  ): Promise<void> {
    const { endpoint } = this.#model;
    const inputs = await endpointInputs(this.#model, dataset, samples, view);
    const body = requestBody(endpoint, inputs, dataset.classNames);
    // All answers that can be read are kept, even if others beside them cannot.
    const problemOf = (response: unknown): string | undefined => {
      const wrongList = listProblem(endpoint, response, samples.length);
      if (wrongList !== undefined) return `the response ${wrongList}`;
      let problem: string | undefined;
      for (const [place, sample] of samples.entries()) {
        const answer = readAnswer(endpoint, response, place, dataset.classNames, false);
        if ('problem' in answer) problem ??= `sample ${sample}: the response ${answer.problem}`;
        else if (answer.className === null) known.set(sample, -1);
        else known.set(sample, dataset.classNames.indexOf(answer.className));
      }
      return problem;
    };
    try {
      await this.#caller.post(body, signal, problemOf);
    } catch (err) {
      throw isOutside(err) ? new OutsideFailure(err.message, { cause: err }) : err;
    }
  }

  #keyOf({ digest, sampleCount, classCount }: Dataset, { text, epoch }: ViewAt): TableKey {
    const answersDigest = this.#answersDigest;
    const view = `${text} ${epoch}`;
    return { answersDigest, datasetDigest: digest, view, sampleCount, classCount };
  }

  #anewOf({ datasetDigest, view }: TableKey): Map<number, number> | undefined {
    if (this.#anew === undefined) return undefined;
    const name = `${datasetDigest} ${view}`;
    const own = this.#anew.get(name) ?? new Map<number, number>();
    this.#anew.set(name, own);
    return own;
  }

  /**
   * Keeps new answers to probes. If one differs from the kept answer, the model behind the endpoint has changed, and
   * all its earlier answers are dropped.
   */
  #keepAnew(key: TableKey, samples: Uint32Array, anew: ReadonlyMap<number, number>): void {
    const table = this.#kept.table(key);
    const isOther = samples.some((sample) => {
      const before = table.get(sample);
      return before !== undefined && before !== anew.get(sample);
    });
    if (isOther) this.#kept.forget(this.#answersDigest);
    const kept = this.#kept.table(key);
    for (const [sample, answer] of anew) kept.set(sample, answer);
  }
}

/**
 * Whether the question or the server is at fault. An address that may not be called any more counts as such: other
 * workers get the same error.
 */
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
