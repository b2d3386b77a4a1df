/** Remarkable findings of a check, in sentences for the page and for the terminal. Pure. */
import { cut } from '@lyceum/proto';
import type { CheckSummary } from './summary.js';
import type { TeacherSummary } from './teacher-summary.js';

/** Characters of a problem that are shown. */
const SHOWN_CHARACTERS = 100;

/** Remarks on answers that are lost. */
export function unreadableRemarks({ teachers }: CheckSummary): string[] {
  return teachers.flatMap(({ name, unreadable, problems: [most] }) => {
    const such = most === undefined ? '' : `; most often: ${cut(most.problem, SHOWN_CHARACTERS)}`;
    return unreadable === 0
      ? []
      : [`${name}: ${unreadable} inputs have no answer that can be read${such}`];
  });
}

/** Remarks on answers that can be read and may be wrong, and on rules that would drop inputs. */
export function remarks({ teachers, drift, unused }: CheckSummary): string[] {
  const rules = Object.entries(unused).map(([rule, count]) => `${rule} would drop ${count}`);
  return [
    ...teachers.flatMap((teacher, k) =>
      [...faults(teacher), ...(drift[k]?.doubts ?? [])].map((text) => `${teacher.name}: ${text}`),
    ),
    ...(rules.length > 0 ? [`rules not in spec.check.rules: ${rules.join(', ')}`] : []),
  ];
}

function faults({ cutOff, obedience }: TeacherSummary): string[] {
  const { told, apart, apartElsewhere, isDoubtful } = obedience;
  const elsewhere = `${(100 * apartElsewhere).toFixed(1)} %`;
  return [
    ...(cutOff > 0 ? [`${cutOff} inputs have an answer that its server cut off`] : []),
    ...(isDoubtful
      ? [
          `its class differs from the consensus on ${apart} of ${told} inputs with instructions to a model, and on ${elsewhere} of the others`,
        ]
      : []),
  ];
}
