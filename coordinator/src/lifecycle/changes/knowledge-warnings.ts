/** Warnings about a teacher, in words, made from what it knows. */
import type { TeacherKnowledge } from '@lyceum/learning/ensemble';
import { computesHere } from '@lyceum/learning/formats';
import { parseSettingsJson } from '@lyceum/learning/models';
import { acceptedTeachers, type RunRecord } from '../../runs/index.js';

/** Warnings for the user about a teacher, made from what it knows. */
export function knowledgeWarnings(
  record: Pick<RunRecord, 'specification' | 'teachers'>,
  name: string,
  knowledge: TeacherKnowledge,
  classNames: readonly string[],
): string[] {
  const { finding, correctCount, labelledCount, rowCount, dealtCount } = knowledge;
  const { givesDistributions, otherOrder } = knowledge;
  const accepted = acceptedTeachers(record).includes(name);
  const suffix = accepted ? ', and spec.teacherHealth.accept accepts it all the same' : '';
  const teacher = record.teachers.find((one) => one.name === name);
  const settings = teacher && parseSettingsJson(teacher.settingsJson);
  const warnings: string[] = [];
  if (finding === 'constant') {
    warnings.push(
      `teacher ${name} gives the same answer to all ${rowCount} samples of its probe${suffix}`,
    );
  } else if (finding === 'at-chance') {
    const dealt =
      dealtCount === undefined
        ? ''
        : `, and on ${dealtCount.toFixed(1)} on average if the same labels are dealt to the samples at random`;
    // Ranges of values, layouts and colours are varied only of a model file that reads the set's own numbers.
    const canVary = teacher?.reads === undefined && computesHere(teacher?.engine ?? '');
    const advice =
      canVary && otherOrder === undefined
        ? '; coordinator models check tells whether it wants its inputs otherwise'
        : '';
    warnings.push(
      `teacher ${name} is no better than chance: right on ${correctCount} of ${labelledCount} labelled samples of its probe${dealt}${suffix}${advice}`,
    );
  }
  if (otherOrder !== undefined) {
    const order = otherOrderText(otherOrder.classes, classNames);
    warnings.push(
      `teacher ${name} seems to have its classes in another order: it would be right on ${otherOrder.correctCount} of ${labelledCount} and not on ${correctCount}, if it meant ${order}; coordinator models check finds the order, and classes in its settings say it`,
    );
  }
  if (givesDistributions && settings?.output === 'logits' && settings.logitsConfirmed !== true) {
    warnings.push(
      `teacher ${name} gives logits that look like probabilities, rows from 0 to 1 of sum 1: say {"output": "probabilities"} in its settings, or {"logitsConfirmed": true} if they are logits`,
    );
  }
  return warnings;
}

/** Most classes that the text about another order names. */
const SHOWN_CLASSES = 6;

/** Text such as `2 by 10, 3 by 2`, for the classes whose places differ. */
function otherOrderText(order: readonly number[], classNames: readonly string[]): string {
  const nameOf = (c: number) => classNames[c] ?? `class ${c}`;
  const pairs = order.flatMap((meant, c) =>
    meant === c ? [] : [`${nameOf(meant)} by ${nameOf(c)}`],
  );
  return `${pairs.slice(0, SHOWN_CLASSES).join(', ')}${pairs.length > SHOWN_CLASSES ? ', …' : ''}`;
}
