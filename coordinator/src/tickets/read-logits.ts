/** Reads teachers' stored answers, as records or as logits. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AnswerCodec } from '@lyceum/learning/codecs';
import type { ViewAt } from '@lyceum/learning/views';
import type { AnswerStore } from '../answers/index.js';
import type { DatasetOutline } from '../artifacts/index.js';
import { logitsOf, type StoredLogits, storedWords } from '../data-plane/index.js';
import { ownAnswer, type PinnedTeacher } from '../runs/index.js';
import { answerTable } from './asks/index.js';

type ReadTeacher = Pick<PinnedTeacher, 'identity' | 'access' | 'knownClasses'>;

interface ReadWhat {
  readonly view: ViewAt;
  readonly codec: AnswerCodec;
}

/**
 * Reads one teacher's answers of some samples.
 *
 * @param room - gives memory of `wordCount` words, which the result borrows.
 * @returns undefined if some answers are not readable.
 */
export async function readStored(
  store: Pick<AnswerStore, 'readWords'>,
  dataset: DatasetOutline,
  { identity, access, knownClasses }: ReadTeacher,
  { view, codec }: ReadWhat,
  samples: Uint32Array,
  room: (wordCount: number) => Uint32Array,
): Promise<StoredLogits | undefined> {
  const { classCount } = dataset;
  const answer = ownAnswer(access, classCount, codec);
  const table = answerTable(dataset, { teacherIdentity: identity, view }, answer);
  const isFinal = access === 'black';
  const words = room(samples.length * storedWords(answer.codec, isFinal, classCount));
  const missing = await store.readWords(table, samples, words);
  return missing.length > 0 ? undefined : { codec: answer.codec, words, isFinal, knownClasses };
}

/**
 * Bytes of logits that are read at a time: they are decoded in a millisecond or two, in which the event loop does
 * nothing else.
 */
const PIECE_BYTES = 2 * 1024 * 1024;

/**
 * Reads one teacher's answers as logits, piece by piece, with turns of the event loop between the pieces.
 *
 * @param out - [N, C].
 * @returns false if some answers are not readable; do not use `out` then.
 */
export async function readLogits(
  store: Pick<AnswerStore, 'readWords'>,
  dataset: DatasetOutline,
  teacher: ReadTeacher,
  what: ReadWhat,
  samples: Uint32Array,
  out: Float32Array,
): Promise<boolean> {
  const { classCount } = dataset;
  const pieceRows = Math.max(1, Math.floor(PIECE_BYTES / (4 * classCount)));
  let words = new Uint32Array(0);
  const room = (wordCount: number) => {
    if (words.length < wordCount) words = new Uint32Array(wordCount);
    return words.subarray(0, wordCount);
  };
  for (let first = 0; first < samples.length; first += pieceRows) {
    if (first > 0) await nextTurn();
    const own = samples.subarray(first, first + pieceRows);
    const stored = await readStored(store, dataset, teacher, what, own, room);
    if (stored === undefined) return false;
    const end = first + own.length;
    logitsOf(stored, classCount, out.subarray(first * classCount, end * classCount));
  }
  return true;
}
