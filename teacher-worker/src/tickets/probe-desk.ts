/**
 * Answers the probes of the loaded teachers under one session: each as often as the assignment says, in turn with the
 * tickets. Reports every answer on the session.
 *
 * A probe that cannot be answered now (its set is not here yet, its server is away) is tried again, and meanwhile tells
 * why. If a teacher has no answer, or waiting cannot bring the set, that is reported in place of an answer.
 */
import { type Logger, retryDelayMs, sleep } from '@lyceum/platform';
import {
  float32Tensor,
  LyceumError,
  type Ticket,
  ticketId,
  toLyceumError,
  UnreadableSetError,
} from '@lyceum/proto';
import { OutsideFailure } from '../compute/engine/index.js';
import type { Answer, DatasetFile } from '../compute/index.js';
import type { SessionLink } from '../session/index.js';
import { isPermanent } from '../teachers/index.js';

export interface ProbedTeacher {
  readonly identity: string;
  /**
   * `attempt` says how often each is to be answered in this session, `anewAttempt` which of these answers is a canary.
   */
  readonly probes: readonly Ticket[];
}

export interface ProbeDeskOptions {
  /** Waits for a turn to compute; call the returned function at its end. */
  readonly turn: (identity: string, signal: AbortSignal) => Promise<() => void>;
  /** The file of the set that the ticket names. */
  readonly fetchDataset: (identity: string, ticket: Ticket) => Promise<DatasetFile>;
  readonly answer: (
    identity: string,
    ticket: Ticket,
    dataset: DatasetFile,
    signal: AbortSignal,
  ) => Promise<Answer>;
  /** Makes the teacher forget its kept answers. */
  readonly forget: (identity: string) => Promise<void>;
  /** Called when {@link ProbeDesk.troubles} have changed. */
  readonly changed: () => void;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}

interface Probe {
  readonly identity: string;
  readonly ticket: Ticket;
  answeredCount: number;
  /** The number of answers that the newest assignment wants; of a probe that it does not name, those given so far. */
  wantedCount: number;
  /** The attempt before which kept answers must be forgotten, and the last one before which they were; 0: none. */
  anewAttempt: number;
  forgottenAttempt: number;
  isRunning: boolean;
  /** Why the last try failed; undefined: it did not, or there was none. */
  trouble: string | undefined;
}

export class ProbeDesk {
  readonly #options: ProbeDeskOptions;
  #link: SessionLink | undefined;
  /** The session's probes, by ticket id. */
  #probes = new Map<string, Probe>();

  constructor(options: ProbeDeskOptions) {
    this.#options = options;
  }

  /** Answers the probes of exactly these teachers. */
  follow(link: SessionLink, teachers: readonly ProbedTeacher[]): void {
    if (link.closed.aborted) return;
    if (this.#link !== link) this.#probes = new Map();
    this.#link = link;
    for (const probe of this.#probes.values()) probe.wantedCount = probe.answeredCount;
    for (const { identity, probes } of teachers) {
      for (const ticket of probes) {
        const id = ticketId(ticket);
        const known = this.#probes.get(id);
        const probe = known ?? newProbe(identity, ticket);
        this.#probes.set(id, probe);
        probe.wantedCount = ticket.attempt;
        probe.anewAttempt = ticket.anewAttempt;
        if (!probe.isRunning) void this.#run(probe, link);
      }
    }
  }

  /** Why teachers do not answer their probes yet, by identity. */
  get troubles(): ReadonlyMap<string, string> {
    const waiting = [...this.#probes.values()].filter((probe) => !isAnswered(probe));
    return new Map(
      waiting.flatMap(({ identity, trouble }) =>
        trouble === undefined ? [] : [[identity, trouble] as const],
      ),
    );
  }

  /** Never rejects. */
  async #run(probe: Probe, link: SessionLink): Promise<void> {
    const { random } = this.#options;
    probe.isRunning = true;
    for (let failures = 0; !isAnswered(probe) && !link.closed.aborted; ) {
      try {
        const dataset = await this.#fetchDataset(probe, failures + 1);
        const unreadable =
          dataset instanceof LyceumError ? dataset : await this.#answerOnce(probe, link, dataset);
        if (unreadable !== undefined) await this.#tellUnreadable(probe, link, unreadable);
        failures = 0;
        this.#troubled(probe, undefined);
      } catch (thrown) {
        // The teacher may have been unloaded for it: then that is told.
        if (link.closed.aborted || isAnswered(probe)) break;
        this.#troubled(probe, toLyceumError(thrown));
        await sleep(retryDelayMs(failures++, random()), link.closed);
      }
    }
    probe.isRunning = false;
  }

  /** Tells once what keeps the probe from an answer, and once that nothing does any more. */
  #troubled(probe: Probe, err: LyceumError | undefined): void {
    if (probe.trouble === err?.message) return;
    probe.trouble = err?.message;
    const { changed, log } = this.#options;
    if (err !== undefined) log.warn({ err, teacherIdentity: probe.identity }, 'not probed yet');
    changed();
  }

  /** @returns why the set will never come. @throws {LyceumError} if it may come later. */
  async #fetchDataset(
    { identity, ticket }: Probe,
    attempts: number,
  ): Promise<DatasetFile | LyceumError> {
    try {
      return await this.#options.fetchDataset(identity, ticket);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (isPermanent(err, 'fetching', attempts)) return err;
      throw err;
    }
  }

  /** Reports once, in place of all wanted answers. */
  async #tellUnreadable(probe: Probe, link: SessionLink, err: LyceumError): Promise<void> {
    const attempt = probe.wantedCount;
    const ticket = { ...probe.ticket, attempt };
    const probed = { ticket, tensors: [], failure: err.message, unreadable: true };
    await link.send({ $case: 'probed', probed });
    probe.answeredCount = attempt;
    const { identity } = probe;
    this.#options.log.warn({ err, teacherIdentity: identity }, 'data set cannot be read');
  }

  /**
   * @returns why there will be no answer, if the needed inputs cannot be read.
   * @throws {LyceumError} if a later try may succeed, or the session has ended.
   */
  async #answerOnce(
    probe: Probe,
    link: SessionLink,
    dataset: DatasetFile,
  ): Promise<UnreadableSetError | undefined> {
    const ticket = { ...probe.ticket, attempt: probe.answeredCount + 1 };
    const result = await this.#compute(probe, link, dataset);
    if (result instanceof UnreadableSetError) return result;
    const isAnswer = !(result instanceof LyceumError);
    const tensors = isAnswer ? result.tensors : [];
    if (!isAnswer) {
      const facts = { err: result, teacherIdentity: probe.identity };
      this.#options.log.warn(facts, 'teacher has no answer to a probe');
    }
    await link.send({
      $case: 'probed',
      probed: {
        ticket,
        tensors: tensors.map(({ name, width, values }) =>
          float32Tensor(name, [values.length / width, width], values),
        ),
        failure: isAnswer ? '' : result.message,
        outside: result instanceof OutsideFailure,
      },
    });
    probe.answeredCount++;
    return undefined;
  }

  async #compute(
    probe: Probe,
    link: SessionLink,
    dataset: DatasetFile,
  ): Promise<Answer | LyceumError> {
    const { turn, answer, forget } = this.#options;
    const { identity, ticket } = probe;
    const endTurn = await turn(identity, link.closed);
    try {
      const attempt = probe.answeredCount + 1;
      // Only once: a repeated attempt continues where it was.
      if (attempt === probe.anewAttempt && attempt > probe.forgottenAttempt) {
        await forget(identity);
        probe.forgottenAttempt = attempt;
      }
      return await answer(identity, ticket, dataset, link.closed);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err.code === 'INVALID_ARGUMENT' || err instanceof UnreadableSetError) return err;
      throw err;
    } finally {
      endTurn();
    }
  }
}

function newProbe(identity: string, ticket: Ticket): Probe {
  const counts = { answeredCount: 0, wantedCount: 0, anewAttempt: 0, forgottenAttempt: 0 };
  return { identity, ticket, ...counts, isRunning: false, trouble: undefined };
}

function isAnswered({ answeredCount, wantedCount }: Probe): boolean {
  return answeredCount >= wantedCount;
}
