/** Checks settings of models that a run itself describes; the run's schema lets them pass unchecked. Pure. */
import { InvalidDocumentError, type Problem } from '@lyceum/proto';
import type { RunSpecification } from '../specification/index.js';
import { type ModelSettings, parsePartialSettings } from './model-settings.js';

/** @throws {InvalidDocumentError} naming every field that is wrong, `settings.resize` for one. */
export function inlineSettings(
  settings: Readonly<Record<string, unknown>>,
): Partial<ModelSettings> {
  try {
    return parsePartialSettings(JSON.stringify(settings));
  } catch (err) {
    if (!(err instanceof InvalidDocumentError)) throw err;
    const problems = err.problems.map(({ path, message }) => ({
      path: `settings.${path}`,
      message,
    }));
    throw new InvalidDocumentError('model settings', problems);
  }
}

/** Problems of these settings, which are found without a cluster. */
export function inlineSettingsProblems({ kind, spec }: RunSpecification): Problem[] {
  if (kind !== 'Distillation') return [];
  return spec.teachers.flatMap((teacher, index) => {
    if (!('inference' in teacher)) return [];
    try {
      inlineSettings(teacher.inference.settings);
      return [];
    } catch (err) {
      if (!(err instanceof InvalidDocumentError)) throw err;
      const path = `spec.teachers[${index}].inference`;
      return err.problems.map((problem) => ({ ...problem, path: `${path}.${problem.path}` }));
    }
  });
}
