/** Teachers' stored answers, as they are stored and as logits. */
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
 * @param room - memory of so many words, which the answers borrow.
 * @returns undefined if some are not readable.
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
 * {@link readStored} as logits.
 *
 * @param out - [N, C].
 * @returns false if some are not readable; `out` means nothing then.
 */
export async function readLogits(
  store: Pick<AnswerStore, 'readWords'>,
  dataset: DatasetOutline,
  teacher: ReadTeacher,
  what: ReadWhat,
  samples: Uint32Array,
  out: Float32Array,
): Promise<boolean> {
  const room = (wordCount: number) => new Uint32Array(wordCount);
  const stored = await readStored(store, dataset, teacher, what, samples, room);
  if (stored !== undefined) logitsOf(stored, dataset.classCount, out);
  return stored !== undefined;
}
