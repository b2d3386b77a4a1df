/**
 * The tickets of one loaded teacher under one session: pulls them, has them answered, settles them.
 *
 * A ticket in hand is announced to the coordinator, waits for its turn, is computed, its answer travels, and the
 * ticket is acked only after the coordinator's receipt. While one answer travels the next ticket computes. The
 * coordinator owns retries, so a ticket that cannot be answered is returned to it and leaves the queue.
 *
 * When the session ends, tickets in hand go back to the queue at once, unannounced: the coordinator issues them anew,
 * or has lost its memory and finds them there. An answer that was nearly done is computed once more; nothing is lost,
 * and nothing has to be kept for a coordinator that may not return.
 */
import { type Logger, retryDelayMs, sleep } from '@lyceum/platform';
import { ACK_WAIT_MS, type TakenTicket, type TicketSource } from '@lyceum/platform/nats';
import {
  digestHex,
  LyceumError,
  type Ticket,
  toLyceumError,
  UnreadableSetError,
} from '@lyceum/proto';
import { OutsideFailure } from '../compute/engine/index.js';
import type { Answer, DatasetFile } from '../compute/index.js';
import { InferenceReport, type SessionLink, type TeacherMetrics } from '../session/index.js';
import { abortable } from './abortable.js';
import type { AnswerSender } from './answer-streams.js';
import type { FairTurns } from './fair-turns.js';
import { Slots } from './slots.js';

/** Answers of one teacher under way to the coordinator at a time; more would only wait in this process' memory. */
export const TRAVELLING_MAX_COUNT = 4;

/** Often enough that a ticket is not delivered to another worker even if one sign of life is lost. */
const WORKING_INTERVAL_MS = ACK_WAIT_MS / 3;

export interface LaneOptions {
  readonly identity: string;
  readonly link: SessionLink;
  /** Opens the teacher's queue; called again after the queue was lost. */
  readonly openSource: () => Promise<TicketSource>;
  readonly ticketsInHand: number;
  /** Shared by all lanes of the worker. */
  readonly turns: FairTurns;
  /** This lane alone uses it, and closes it. */
  readonly answers: AnswerSender;
  /** Makes sure that the ticket's set is on this machine; for a set in shards also announces the needed pictures. */
  readonly fetchDataset: (ticket: Ticket) => Promise<DatasetFile>;
  readonly compute: (ticket: Ticket, dataset: DatasetFile, signal: AbortSignal) => Promise<Answer>;
  /** Called if an announced ticket was not computed. */
  readonly passedOver: (ticket: Ticket, dataset: DatasetFile) => void;
  readonly metrics: TeacherMetrics;
  /** Milliseconds that only rise. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}

export class TicketLane {
  /** Resolves once the lane was stopped and has no ticket in hand. */
  readonly settled: Promise<void>;
  readonly #options: LaneOptions;
  /** Slots of tickets that wait or compute. */
  readonly #hands: Slots;
  readonly #travelling = new Slots(TRAVELLING_MAX_COUNT);
  readonly #stopping = new AbortController();
  readonly #abandoning = new AbortController();
  /** Aborts to give up all tickets in hand, at whatever stage. */
  readonly #giveUp: AbortSignal;
  readonly #inferences: InferenceReport;
  readonly #inHand = new Set<Promise<void>>();
  #rest = new AbortController();

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#hands = new Slots(options.ticketsInHand);
    this.#inferences = new InferenceReport(options.identity, options.link, options.nowMs);
    this.#giveUp = AbortSignal.any([options.link.closed, this.#abandoning.signal]);
    this.settled = this.#run();
  }

  get inHand(): number {
    return this.#inHand.size;
  }

  /** Sets what may change while the lane runs. A lane whose queue was lost looks for it at once. */
  update({ ticketsInHand }: { readonly ticketsInHand: number }): void {
    this.#hands.setLimit(ticketsInHand);
    this.#rest.abort();
  }

  /** Takes no more tickets; hands back those that wait for a turn, finishes those that have one or travel. */
  stop(reason: string): void {
    this.#stopping.abort(new LyceumError('UNAVAILABLE', reason));
    this.#rest.abort();
  }

  /** Hands back every ticket in hand. */
  abandon(reason: string): void {
    this.stop(reason);
    this.#abandoning.abort(new LyceumError('UNAVAILABLE', reason));
  }

  async #run(): Promise<void> {
    await this.#pullAll();
    await Promise.all(this.#inHand);
    this.#options.answers.close();
  }

  async #pullAll(): Promise<void> {
    const { openSource, random, log } = this.#options;
    const { signal } = this.#stopping;
    let source: TicketSource | undefined;
    for (let failures = 0; !signal.aborted; ) {
      let freeHand: (() => void) | undefined;
      try {
        freeHand = await this.#hands.take(signal);
        source ??= await openSource();
        const taken = await source.pull(signal);
        failures = 0;
        if (taken === undefined) freeHand();
        else this.#take(taken, freeHand);
      } catch (err) {
        freeHand?.();
        if (signal.aborted) return;
        // The queue is gone, as when NATS lost its store: the coordinator makes it anew.
        source = undefined;
        log.warn({ err }, 'tickets cannot be pulled');
        this.#rest = new AbortController();
        await sleep(retryDelayMs(failures, random()), this.#rest.signal);
        failures += 1;
      }
    }
  }

  #take(taken: TakenTicket, freeHand: () => void): void {
    const { metrics } = this.#options;
    const held = this.#hold(taken, freeHand).finally(() => {
      this.#inHand.delete(held);
      metrics.ticketSettled();
    });
    this.#inHand.add(held);
    metrics.ticketTaken();
  }

  /** Never rejects. */
  async #hold(taken: TakenTicket, freeHand: () => void): Promise<void> {
    const { link, answers, metrics, passedOver, log } = this.#options;
    const { ticket, sequence } = taken;
    const working = setInterval(() => taken.working(), WORKING_INTERVAL_MS);
    let freeTravelling: (() => void) | undefined;
    let opening: Promise<DatasetFile> | undefined;
    try {
      await link.send({ $case: 'taken', taken: { ticket } });
      opening = this.#datasetOf(ticket);
      const dataset = await abortable(opening, this.#stopping.signal);
      freeTravelling = await this.#travelling.take(this.#stopping.signal);
      const answer = await this.#compute(ticket, dataset);
      freeHand();
      const sent = answers.send(ticket, answer);
      const { wanted } = await abortable(sent, this.#giveUp);
      taken.ack();
      metrics.ticketAnswered();
      log.debug({ sequence, wanted }, 'ticket answered');
    } catch (thrown) {
      // The set may arrive after the lane was stopped, with the ticket's pictures announced.
      opening?.then((dataset) => passedOver(ticket, dataset)).catch(() => undefined);
      await this.#giveBack(taken, toLyceumError(thrown));
    } finally {
      clearInterval(working);
      freeHand();
      freeTravelling?.();
    }
  }

  async #datasetOf(ticket: Ticket): Promise<DatasetFile> {
    const { identity, fetchDataset } = this.#options;
    const asked = digestHex(ticket.teacherIdentity);
    if (asked !== identity) {
      throw new LyceumError('INVALID_ARGUMENT', `it asks teacher ${asked}, in ${identity}'s queue`);
    }
    return fetchDataset(ticket);
  }

  /** Holds the turn for as long as the thread computes, even if nobody waits for the answer any more. */
  async #compute(ticket: Ticket, dataset: DatasetFile): Promise<Answer> {
    const { identity, turns, compute, metrics } = this.#options;
    const endTurn = await turns.take(identity, this.#stopping.signal);
    const computed = compute(ticket, dataset, this.#giveUp).finally(endTurn);
    const answer = await abortable(computed, this.#giveUp);
    metrics.inferred(identity, ticket.positionCount, answer.inferenceSeconds);
    this.#inferences.add(ticket.positionCount, answer.inferenceSeconds);
    return answer;
  }

  async #giveBack(taken: TakenTicket, err: LyceumError): Promise<void> {
    const { link, log } = this.#options;
    const { ticket, sequence } = taken;
    // A wrong ticket is wrong on every worker; any other failure may not happen on another worker.
    const retryable = err.code !== 'INVALID_ARGUMENT';
    const outside = err instanceof OutsideFailure;
    const unreadable = err instanceof UnreadableSetError;
    const returned = { ticket, reason: err.message, retryable, outside, unreadable };
    try {
      await link.send({ $case: 'returned', returned });
    } catch {
      taken.release();
      log.info({ sequence }, 'ticket released');
      return;
    }
    if (retryable) taken.ack();
    else taken.reject(err.message);
    log.warn({ sequence, retryable, err }, 'ticket returned');
  }
}
