/** The probes of teachers: rows of a held-out split, few and of all its classes, and what their answers say. */
import { type SplitName, splitSamples } from '@lyceum/learning/datasets';
import {
  finalAnswerKnowledge,
  type TeacherKnowledge,
  teacherKnowledge,
  withoutUnknown,
} from '@lyceum/learning/ensemble';
import { classSpreadSamples } from '@lyceum/learning/orders';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import {
  CLASS_OUTPUT,
  float32Values,
  type ProbeAnswered,
  sha256Hex,
  type Tensor,
  type Ticket,
} from '@lyceum/proto';
import type { DatasetOutline } from '../artifacts/index.js';
import { valueProblem } from '../data-plane/index.js';
import { ownAnswer, type PinnedTeacher } from '../runs/index.js';
import { askFor } from '../tickets/asks/index.js';
import type { ProbeAnswer } from './replicas/index.js';

/** Enough to compare two replicas, and to tell an accuracy of 90 % to within 2 points; takes two inferences. */
const PROBE_ROWS = 256;

/** Rows for a teacher that may be asked for classes only: each answer may be a paid call. */
const FINAL_ANSWER_ROWS = 128;

/**
 * Seed of the order from which a probe takes its first rows. Must never change: run records keep digests of answers.
 */
const PROBE_SEED = 0;

/** Greatest size of an answer, unless one row is larger: each replica's newest answer is kept in memory. */
const PROBE_BYTES = 64 * 1024;

export interface ProbeQuestion {
  /** Digest of its ticket's content. */
  readonly id: string;
  readonly ticket: Ticket;
  readonly access: PinnedTeacher['access'];
  readonly classCount: number;
  readonly classNames: readonly string[];
  /** Classes of the set that the teacher knows; absent: all. */
  readonly knownClasses?: readonly number[];
  /** Name of the tensor that is asked for. */
  readonly output: string;
  readonly shape: readonly [rowCount: number, rowLength: number];
  /** Hard label of each row; −1: none. */
  readonly labels: Int32Array;
}

/**
 * The rows are drawn at random, the same for every teacher of a set, spread over the classes. A teacher of which only
 * classes may be asked is compared by its classes.
 *
 * @returns undefined for a set without samples.
 */
export function probeOf(
  teacherIdentity: string,
  { access, knownClasses }: Pick<PinnedTeacher, 'access' | 'knownClasses'>,
  dataset: DatasetOutline,
): ProbeQuestion | undefined {
  const splits: readonly SplitName[] = ['validation', 'train', 'test'];
  const split = splits.find((name) => splitSamples(dataset, name).length > 0);
  if (split === undefined) return undefined;
  const { classCount } = dataset;
  const rows = access === 'black' ? FINAL_ANSWER_ROWS : PROBE_ROWS;
  const most = Math.max(1, Math.min(rows, Math.floor(PROBE_BYTES / (4 * classCount))));
  const samples = classSpreadSamples(dataset, split, { seed: PROBE_SEED, epoch: 0 }, most);
  const span = { epoch: 0, firstPosition: 0, positionCount: samples.length };
  // Probes are not stored: the codec does not matter.
  const output = ownAnswer(access, classCount, 'float32');
  const order = { seed: PROBE_SEED };
  const content = {
    teacherIdentity,
    split,
    view: IDENTITY_VIEW,
    order,
    byClass: true,
    span,
    outputs: [output],
  };
  const { id, ticket } = askFor(dataset, content, samples);
  return {
    id,
    ticket,
    access,
    classCount,
    classNames: dataset.classNames,
    ...(knownClasses !== undefined && { knownClasses }),
    output: output.name,
    shape: [samples.length, output.rowLength],
    labels: Int32Array.from(samples, (sample) => dataset.labels[sample] as number),
  };
}

export type ProbeOutcome =
  | { readonly kind: 'answered'; readonly answer: Omit<ProbeAnswer, 'round'> }
  /** `refused`: by the server behind the teacher; `unreadable`: the worker cannot read the set. */
  | { readonly kind: 'refused' | 'unreadable' | 'failed'; readonly reason: string };

/** What a worker says to a probe: an answer, or why it has none. */
export function probeOutcome(
  question: ProbeQuestion,
  { tensors, failure, outside, unreadable }: ProbeAnswered,
): ProbeOutcome {
  if (failure !== '' && outside === true) return { kind: 'refused', reason: failure };
  if (failure !== '' && unreadable === true) return { kind: 'unreadable', reason: failure };
  const values = failure === '' ? probeValues(question, tensors) : failure;
  if (typeof values === 'string') return { kind: 'failed', reason: values };
  const digest = sha256Hex(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  return {
    kind: 'answered',
    answer: { isClass: question.output === CLASS_OUTPUT, values, digest },
  };
}

/** The values of an answer, or why it is none. */
function probeValues(
  { output, shape, classCount }: ProbeQuestion,
  tensors: readonly Tensor[],
): Float32Array | string {
  const [tensor, ...others] = tensors;
  if (tensor?.name !== output || others.length > 0 || `${tensor.shape}` !== `${shape}`) {
    const got = tensors.map((other) => `${other.name} [${other.shape}]`).join(', ') || 'nothing';
    return `want ${output} [${shape}], got ${got}`;
  }
  const values = float32Values(tensor);
  const rowCount = tensor.shape[0] ?? 1;
  const answered = { name: tensor.name, values, rowCount, firstRow: 0 };
  return valueProblem(answered, classCount) ?? Float32Array.from(values);
}

/** What the teacher knows, by what it answered. */
export function knowledgeShown(
  { output, labels, classCount, knownClasses }: ProbeQuestion,
  values: Float32Array,
): TeacherKnowledge {
  if (output === CLASS_OUTPUT) {
    return finalAnswerKnowledge(values, labels, classCount, knownClasses);
  }
  const own = Float32Array.from(values);
  withoutUnknown(own, classCount, knownClasses);
  return teacherKnowledge(own, labels, classCount, knownClasses);
}
