/** Which codec a run's answers are stored in. Pure; chosen once, at submit. */
import { type AnswerCodec, automaticCodec, codecName } from '../codecs/index.js';
import { answerTermNamed } from '../objectives/terms/index.js';
import type { DistillationSpecification } from '../specification/index.js';
import { ruleOf } from './rules/index.js';

type Spec = Pick<DistillationSpecification['spec'], 'answers' | 'ensemble' | 'objective'>;

/**
 * The codec that a run names; for `auto`, the codec that fits. It is an exact codec where only the greatest of a
 * teacher's logits counts: rounding might make two logits equal.
 */
export function chosenCodec(
  { answers: { codec }, ensemble, objective }: Spec,
  classCount: number,
): AnswerCodec {
  if (codec !== 'auto') return codecName(codec);
  const choices = objective.some(
    ({ term, weight }) => answerTermNamed(term)?.ofGreatest && weight > 0,
  );
  const mustBeExact = ruleOf(ensemble).ofVotes === true || choices;
  return automaticCodec({ classCount, mustBeExact });
}
