/** Teachers' stored answers as logits, whatever their access lets them give. */
import type { AnswerCodec } from '@lyceum/learning/codecs';
import { certainLogits, withoutUnknown } from '@lyceum/learning/ensemble';
import type { ViewAt } from '@lyceum/learning/views';
import type { AnswerStore } from '../answers/index.js';
import type { DatasetOutline } from '../artifacts/index.js';
import { ownAnswer, type PinnedTeacher } from '../runs/index.js';
import { answerTable } from './asks/index.js';

/**
 * Reads one teacher's answers of some samples; a final answer is that class for certain, and what is of classes that the
 * teacher does not know is −∞.
 *
 * @param out - [N, C].
 * @returns false if some are not readable; `out` means nothing then.
 */
export async function readLogits(
  store: Pick<AnswerStore, 'read'>,
  dataset: DatasetOutline,
  { identity, access, knownClasses }: Pick<PinnedTeacher, 'identity' | 'access' | 'knownClasses'>,
  { view, codec }: { readonly view: ViewAt; readonly codec: AnswerCodec },
  samples: Uint32Array,
  out: Float32Array,
): Promise<boolean> {
  const { classCount } = dataset;
  const answer = ownAnswer(access, classCount, codec);
  const table = answerTable(dataset, { teacherIdentity: identity, view }, answer);
  if (access !== 'black') {
    const isRead = (await store.read(table, samples, out)).length === 0;
    if (isRead) withoutUnknown(out, classCount, knownClasses);
    return isRead;
  }
  const classes = new Float32Array(samples.length);
  if ((await store.read(table, samples, classes)).length > 0) return false;
  certainLogits(classes, classCount, out);
  return true;
}
