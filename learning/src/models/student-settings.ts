/** Settings that a student's model may have. The coordinator refuses a run by them, and the student worker a start. */
import type { ModelSettings } from './model-settings.js';

/** A student gives logits of the set's classes, and sees samples as they are, but for a scale. */
const OF_STUDENTS: readonly string[] = ['output', 'scale', 'modality', 'classes'];

/** @returns what is wrong with the settings of a model that is to be a student; undefined: nothing. */
export function studentSettingsProblem(settings: ModelSettings): string | undefined {
  if (settings.output !== 'logits') {
    return 'gives probabilities; a student must give logits: save it without its softmax, and push it again';
  }
  const others = Object.entries(settings).flatMap(([name, value]) => {
    // The layout that every student has anyway.
    const isPlain = value === undefined || (name === 'layout' && value === 'NHWC');
    return isPlain || OF_STUDENTS.includes(name) ? [] : [name];
  });
  return others.length === 0
    ? undefined
    : `has ${others.join(', ')} in its settings, which only teachers may have: push it again without; students see samples as they are, but for a scale, and layers can do the rest`;
}
