/** What is asked of one teacher, and by whom. */
import { SPLIT_NUMBERS, type SplitName, splitSamples } from '@lyceum/learning/datasets';
import { type OrderKey, orderedSamples, type Span } from '@lyceum/learning/orders';
import type { ViewAt } from '@lyceum/learning/views';
import { digestBytes, Ticket, ticketId } from '@lyceum/proto';
import type { AnswerOutput, AnswerTableKey } from '../../answers/index.js';
import type { DatasetOutline } from '../../artifacts/index.js';

/** A ticket, and where its answers belong. */
export interface Ask {
  /**
   * Digest of the ticket's content: equal for all asks that one answer satisfies, whatever codec stores the answer.
   */
  readonly id: string;
  readonly ticket: Ticket;
  readonly teacherIdentity: string;
  /** The table of each of the ticket's outputs, in the order of the outputs. */
  readonly tables: readonly AnswerTableKey[];
  readonly classCount: number;
  /** The samples that the rows of the answer belong to. */
  readonly samples: Uint32Array;
  /**
   * Takes the rows of all outputs, which are borrowed, in place of the store; absent: the rows are stored.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if the rows are of no use.
   */
  readonly receive?: (firstRow: number, outputs: readonly Float32Array[]) => void;
}

/** Who asks: a run's training, a run's evaluation, or an evaluation of teachers alone. */
export interface Asker {
  /** Unique among all askers. */
  readonly askerId: string;
  /** Undefined: no run. */
  readonly runId: string | undefined;
  /**
   * All answers are in the store.
   *
   * @param latencyMs - from the ticket's last issue to the end of its answer; absent: the store had the answers.
   */
  satisfied(askId: string, latencyMs?: number): void;
  /** There will be no answers, for this reason. */
  failed(askId: string, reason: string): void;
}

export interface AskContent {
  readonly teacherIdentity: string;
  readonly split: SplitName;
  readonly view: ViewAt;
  /** Absent: the split's own order; then `span.epoch` is ignored. */
  readonly order?: OrderKey | undefined;
  /** True: the first samples of the order are spread over the classes. */
  readonly byClass?: boolean;
  readonly span: Span;
  /** By name, sorted. */
  readonly outputs: readonly AnswerOutput[];
}

/** What an ask needs to know of the data set. */
type AskedSet = Pick<DatasetOutline, 'digest' | 'classCount' | 'sampleCount'>;

export function askFor(dataset: AskedSet, content: AskContent, samples: Uint32Array): Ask {
  const { span, view, order, byClass = false, teacherIdentity, outputs } = content;
  const ticket = Ticket.fromPartial({
    teacherIdentity: digestBytes(content.teacherIdentity),
    datasetDigest: digestBytes(dataset.digest),
    split: SPLIT_NUMBERS[content.split] as Ticket['split'],
    view: view.text,
    viewEpoch: view.epoch,
    ...(order !== undefined && { order: { ...order, epoch: span.epoch, byClass } }),
    firstPosition: span.firstPosition,
    positionCount: span.positionCount,
    outputs: outputs.map(({ name }) => name),
  });
  const tables = outputs.map((output) => answerTable(dataset, { teacherIdentity, view }, output));
  const { classCount } = dataset;
  return { id: ticketId(ticket), ticket, teacherIdentity, tables, classCount, samples };
}

/** Each output has its own table, even if a ticket asks for several outputs: so stored logits serve every run. */
export function answerTable(
  dataset: AskedSet,
  { teacherIdentity, view }: Pick<AskContent, 'teacherIdentity' | 'view'>,
  output: AnswerOutput,
): AnswerTableKey {
  return {
    teacherIdentity,
    datasetDigest: dataset.digest,
    view: view.text,
    viewEpoch: view.epoch,
    outputs: [output.name],
    codec: output.codec,
    sampleCount: dataset.sampleCount,
    rowLength: output.rowLength,
  };
}

/** The samples at the positions of a span. */
export function spanSamples(
  dataset: DatasetOutline,
  split: SplitName,
  { epoch, firstPosition, positionCount }: Span,
  order: OrderKey | undefined,
): Uint32Array {
  const samples = splitSamples(dataset, split);
  const inEpoch = order && { ...order, epoch };
  return orderedSamples(samples, dataset.chunkEnds, inEpoch, firstPosition, positionCount);
}
