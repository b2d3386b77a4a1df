/**
 * Has tickets and probes answered by the threads with teachers. A span of a set in one file is asked whole. A span of
 * a set in shards is asked in pieces that fit into memory; the next piece is read while one computes.
 */
import { type LyceumError, type Ticket, toLyceumError } from '@lyceum/proto';
import {
  type Answer,
  type DatasetFile,
  type HeldFile,
  joinedAnswers,
  type SetPictures,
  type SpanView,
  type TeacherCompute,
  type TicketSpan,
} from '../compute/index.js';

export interface AnswerDeskOptions {
  readonly compute: Pick<TeacherCompute, 'answer'>;
  readonly pictures: SetPictures;
  /** Called when a teacher failed to answer, and the set was not at fault. */
  readonly failedToAnswer: (identity: string, err: LyceumError) => void;
  /** Whether the teacher needs a sample's inputs to answer. */
  readonly looksAtInputs: (identity: string) => boolean;
}

export interface AskedTicket {
  readonly identity: string;
  readonly ticket: Ticket;
  readonly dataset: DatasetFile;
  readonly isProbe: boolean;
  /** Aborts once nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export class AnswerDesk {
  readonly #options: AnswerDeskOptions;

  constructor(options: AnswerDeskOptions) {
    this.#options = options;
  }

  /** Announces that the ticket will be answered here. */
  async announce(identity: string, ticket: Ticket, dataset: DatasetFile): Promise<void> {
    const { pictures, looksAtInputs } = this.#options;
    if (looksAtInputs(identity)) await pictures.fetchAhead(dataset, spanView(ticket));
  }

  /** Takes the announcement back: the ticket is not answered here. */
  passedOver(identity: string, ticket: Ticket, dataset: DatasetFile): void {
    const { pictures, looksAtInputs } = this.#options;
    if (!looksAtInputs(identity)) return;
    // Nothing is fetched ahead for a set that is gone.
    pictures.forget(dataset, spanView(ticket)).catch(() => undefined);
  }

  /**
   * @throws {LyceumError} UnreadableSetError if the needed inputs cannot be read, UNAVAILABLE if that may pass; the
   *   thread's error.
   */
  async answer(asked: AskedTicket): Promise<Answer> {
    const { pictures, looksAtInputs } = this.#options;
    const { span } = spanView(asked.ticket);
    if (!looksAtInputs(asked.identity)) return this.#compute(asked, span, asked.dataset);
    const pieces = await pictures.pieces(asked.dataset, span);
    const answers: Answer[] = [];
    let next = this.#open(asked, pieces[0]);
    for (const [index, piece] of pieces.entries()) {
      const held = await (next as Promise<HeldFile>);
      next = this.#open(asked, pieces[index + 1]);
      try {
        answers.push(await this.#compute(asked, piece, held.file));
      } catch (err) {
        next?.then(({ release }) => release()).catch(() => undefined);
        throw err;
      } finally {
        held.release();
      }
    }
    return joinedAnswers(answers);
  }

  #open(
    { ticket, dataset, signal }: AskedTicket,
    span: TicketSpan | undefined,
  ): Promise<HeldFile> | undefined {
    if (span === undefined) return undefined;
    const opened = this.#options.pictures.held(dataset, { ...spanView(ticket), span }, signal);
    // Awaited after the piece before it has been computed.
    opened.catch(() => undefined);
    return opened;
  }

  async #compute(
    { identity, ticket, isProbe }: AskedTicket,
    span: TicketSpan,
    dataset: DatasetFile,
  ): Promise<Answer> {
    const { compute, failedToAnswer } = this.#options;
    const { view } = spanView(ticket);
    const { outputs } = ticket;
    try {
      return await compute.answer({ identity, dataset, span, view, outputs, isProbe });
    } catch (thrown) {
      failedToAnswer(identity, toLyceumError(thrown));
      throw thrown;
    }
  }
}

function spanView(ticket: Ticket): SpanView {
  const { split, order, firstPosition, positionCount, view, viewEpoch } = ticket;
  return {
    span: { split, order, firstPosition, positionCount },
    view: { text: view, epoch: viewEpoch },
  };
}
