/**
 * Receives the targets of one assignment for as long as it lasts, over as many calls as needed.
 *
 * Credit and progress are levels: a request gives their present values, so a change while one is being sent goes out
 * with the next. A new call names the first step that is not complete.
 */
import {
  callMetadata,
  openDuplex,
  retryDelayMs,
  type SessionCredentials,
  type StudentClient,
  sessionHeaders,
  sleep,
  Wakeup,
} from '@lyceum/platform';
import { float32Values, LyceumError, shapeMismatch, type TargetFrame } from '@lyceum/proto';
import type { TargetBlock, TargetBlockTensor, TargetTensorShape } from '../job/index.js';
import {
  type AssignmentKey,
  coordinatorError,
  type Patience,
  troubleOf,
} from '../session/index.js';
import type { TargetCursor } from './target-cursor.js';

export interface TargetStreamOptions {
  readonly client: StudentClient;
  readonly sessionCredentials: SessionCredentials;
  readonly assignment: AssignmentKey;
  readonly tensors: readonly TargetTensorShape[];
  readonly cursor: TargetCursor;
  /** Takes each row once, in order; and blocks without tensors, which say that a stream begins. */
  readonly deliver: (block: TargetBlock) => void;
  readonly patience: Patience;
}

export class TargetStream {
  readonly #options: TargetStreamOptions;
  #wanted = false;
  readonly #changed = new Wakeup();

  constructor(options: TargetStreamOptions) {
    this.#options = options;
  }

  /** Raises credit and progress; see {@link TargetCursor.raise}. The first call opens the stream. */
  want(creditStep: number, doneStep: number): void {
    const rises = this.#options.cursor.raise(creditStep, doneStep);
    if (!rises && this.#wanted) return;
    this.#wanted = true;
    this.#changed.wake();
  }

  /**
   * Runs until the signal aborts.
   *
   * @throws {LyceumError} ABORTED if the assignment is no longer this worker's; another code if the coordinator will
   *   never send the targets, or sends wrong ones.
   */
  async run(): Promise<void> {
    const { signal, log, random } = this.#options.patience;
    if (!this.#wanted) await this.#changed.wait({ signal });
    for (let failures = 0; !signal.aborted; ) {
      const before = this.#options.cursor.nextStep;
      try {
        await this.#receive(signal);
        log.debug('target stream ended by the coordinator');
      } catch (err) {
        if (signal.aborted) return;
        if (!(err instanceof LyceumError)) throw err;
        const error = coordinatorError(err);
        if (troubleOf(error) !== 'wait') throw error;
        log.warn({ err, nextStep: this.#options.cursor.nextStep }, 'target stream broken');
      }
      failures = this.#options.cursor.nextStep > before ? 0 : failures + 1;
      await sleep(retryDelayMs(failures, random()), signal);
    }
  }

  /** One call, from its first request to its end. */
  async #receive(signal: AbortSignal): Promise<void> {
    const { client, sessionCredentials, cursor, patience } = this.#options;
    const over = new AbortController();
    const metadata = callMetadata(sessionHeaders(sessionCredentials));
    const call = openDuplex(() => client.receiveTargets(metadata), { signal });
    const requests = this.#sendRequests((request) => call.send(request), over.signal, {
      ...this.#options.assignment,
      firstStep: cursor.nextStep,
    });
    try {
      for await (const frame of call.incoming) this.#take(frame);
    } finally {
      over.abort();
      call.cancel();
      await requests.catch((err: unknown) =>
        patience.log.debug({ err }, 'target request not sent'),
      );
    }
  }

  async #sendRequests(
    send: (request: AssignmentKey & TargetLevels) => Promise<void>,
    over: AbortSignal,
    first: AssignmentKey & { firstStep: number },
  ): Promise<void> {
    const { cursor } = this.#options;
    while (!over.aborted) {
      const { creditStep, doneStep } = cursor;
      await send({ ...first, creditStep, doneStep });
      const unchanged = creditStep === cursor.creditStep && doneStep === cursor.doneStep;
      if (unchanged) await this.#changed.wait({ signal: over });
    }
  }

  #take(frame: TargetFrame): void {
    const { tensors, cursor, deliver } = this.#options;
    const { epoch, firstPosition, figures } = frame;
    if (frame.tensors.length === 0) {
      deliver({ epoch, firstPosition, tensors: [], figures });
      return;
    }
    const rows = checkedRows(frame, tensors);
    const known = cursor.accept({ epoch, firstPosition, rows });
    if (known === rows) return;
    deliver({
      epoch,
      firstPosition: firstPosition + known,
      tensors: frame.tensors.map((tensor) => newRows(tensor, rows, known)),
      figures,
    });
  }
}

interface TargetLevels {
  readonly firstStep: number;
  readonly creditStep: number;
  readonly doneStep: number;
}

/** @returns the frame's rows, the same number in every tensor that the assignment promises. */
function checkedRows(frame: TargetFrame, promised: readonly TargetTensorShape[]): number {
  const rows = frame.tensors[0]?.shape[0] ?? 0;
  const names = frame.tensors.map((tensor) => tensor.name);
  if (names.length !== promised.length || promised.some(({ name }, i) => names[i] !== name)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `target tensors: want ${promised.map(({ name }) => name).join(', ')}, got ${names.join(', ')}`,
    );
  }
  for (const [index, { name, rowShape }] of promised.entries()) {
    const want = [rows, ...rowShape];
    const got = frame.tensors[index]?.shape ?? [];
    if (rows === 0 || got.length !== want.length || want.some((size, i) => got[i] !== size)) {
      throw shapeMismatch(`target tensor ${name}`, want, got);
    }
  }
  return rows;
}

/** The tensor without its first `known` rows, in a buffer of its own. */
function newRows(
  tensor: TargetFrame['tensors'][number],
  rows: number,
  known: number,
): TargetBlockTensor {
  const values = float32Values(tensor);
  const rowLength = values.length / rows;
  return { name: tensor.name, rows: rows - known, values: values.slice(known * rowLength) };
}
