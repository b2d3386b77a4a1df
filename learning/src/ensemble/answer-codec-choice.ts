/** Which codec a run's answers are stored in. Pure; chosen once, at submit. */
import type { AnswerCodec } from '../codecs/index.js';
import type { DistillationSpecification } from '../specification/index.js';
import { ruleOf } from './rules/index.js';

/**
 * Classes up to which a byte a logit keeps the mean divergence from exact answers below 1e-4 at temperatures 1 and 4:
 * the more classes, the wider their range and the less certain the teacher. `npm run bench -- answers` measures it.
 */
const BYTE_CLASSES = 100;

/** Classes from which few of them can stand for all. */
export const TOP_K_CLASSES = 1_000;

type Spec = Pick<DistillationSpecification['spec'], 'answers' | 'ensemble' | 'objective'>;

/**
 * The codec that a run names, or what `auto` means for it: exact where only the greatest of a teacher's logits counts,
 * of which rounding may make two; else a byte a logit, and two of them above {@link BYTE_CLASSES}. Never the greatest
 * few: how much that loses depends on the teachers, which nobody has asked yet.
 */
export function chosenCodec(
  { answers, ensemble, objective }: Spec,
  classCount: number,
): AnswerCodec {
  const { codec } = answers;
  if (typeof codec === 'object') return `top-k:${codec.topK}`;
  if (codec !== 'auto') return codec;
  const choices = objective.some(
    ({ term, weight }) => (term === 'hard-label' || term === 'vote') && weight > 0,
  );
  if (ruleOf(ensemble).ofVotes || choices) return 'float32';
  return classCount <= BYTE_CLASSES ? 'uint8-affine' : 'float16';
}
