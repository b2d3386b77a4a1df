/** What stands out in a check, in sentences for the page and for the terminal. Pure. */
import type { CheckSummary } from './summary.js';
import type { TeacherSummary } from './teacher-summary.js';

/** Letters of an unreadable answer that are shown. */
const SHOWN_CHARACTERS = 60;

export function remarks({ teachers, drift, unused }: CheckSummary): string[] {
  const rules = Object.entries(unused).map(([rule, count]) => `${rule} would drop ${count}`);
  return [
    ...teachers.flatMap((teacher, k) =>
      [...faults(teacher), ...(drift[k]?.doubts ?? [])].map((text) => `${teacher.name}: ${text}`),
    ),
    ...(rules.length > 0
      ? [`of the rules that spec.check.rules has not, ${rules.join(', ')}`]
      : []),
  ];
}

function faults({ unreadable, unreadableAnswers, cutOff, obedience }: TeacherSummary): string[] {
  const { told, apart, apartElsewhere, isDoubtful } = obedience;
  const [most] = unreadableAnswers;
  const such = most === undefined ? '' : `, most often ${shown(most.said)}`;
  return [
    ...(unreadable > 0 ? [`${unreadable} inputs have no answer that can be read${such}`] : []),
    ...(cutOff > 0 ? [`${cutOff} inputs have an answer that its server cut off`] : []),
    ...(isDoubtful
      ? [
          `names another class than the consensus of ${apart} of ${told} inputs that tell a model what to do, and of ${(100 * apartElsewhere).toFixed(1)} % of the others`,
        ]
      : []),
  ];
}

function shown(text: string): string {
  const own = [...text];
  const cut = own.length > SHOWN_CHARACTERS ? `${own.slice(0, SHOWN_CHARACTERS).join('')}…` : text;
  return JSON.stringify(cut);
}
