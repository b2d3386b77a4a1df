/** The line of one answer. */
import type { ImitationTeacher } from '@lyceum/learning/specification';
import type { AnswerLine } from './answers-file.js';
import { costOf, type Paid } from './costs.js';
import type { Question } from './open-questions.js';
import type { Said } from './read-response.js';

/** Without what it cost. */
export function answerLineOf(
  { name }: ImitationTeacher,
  { input, asking }: Question,
  said: Said,
): AnswerLine {
  const { answer, asked, endpoint } = asking;
  const { revision } = endpoint;
  const at = new Date().toISOString();
  return { teacher: name, id: input.id, answer, ...input.value, ...said, revision, asked, at };
}

export function costFields({ asking }: Question, paid: Paid | undefined) {
  if (paid === undefined) return {};
  const cost = costOf(asking.endpoint, paid);
  const { usage } = paid;
  return { ...(usage !== undefined && { usage }), ...(cost !== undefined && { cost }) };
}
