/** Tables about the teachers, as HTML. */
import type { CheckSummary, ClassBias } from '../findings/index.js';
import { count, escaped, percent, points, said, shown, small, table } from './html.js';

/** Number of classes of a teacher whose bias is shown. */
const BIAS_CLASSES = 8;
/** Width of a bar for the greatest bias, in rem. */
const BIAS_WIDTH = 5;
const ANSWER_CHARACTERS = 120;

export function teacherTable(summary: CheckSummary): string {
  const titles = [
    'Teacher',
    '#Named a class',
    '#Did not know',
    '#Unreadable',
    '#Cut off',
    '#Missing',
    '#As the consensus',
    '#Right where it named one',
    '#Right of all',
    '#Estimated, of all',
  ];
  const rows = summary.teachers.map((t) => [
    escaped(t.name),
    count(t.named),
    count(t.abstained),
    count(t.unreadable),
    count(t.cutOff),
    count(t.missing),
    percent(t.withConsensus),
    percent(t.accuracy),
    percent(t.accuracyOfAll),
    percent(t.estimatedAccuracy),
  ]);
  const right =
    summary.consensusAccuracy === null
      ? ''
      : `; right in ${percent(summary.consensusAccuracy)} of the inputs whose class is known`;
  return (
    table(titles, rows) + small(`Consensus: the most probable class behind the answers${right}.`)
  );
}

export function diversityTable({ teachers, distinct }: CheckSummary): string {
  const titles = ['Teacher', '#Entropy of classes', '#Evenness'];
  const severalAnswers = teachers.some(({ selfConsistency }) => selfConsistency !== null);
  const explaining = teachers.some(({ explanations }) => explanations !== null);
  if (severalAnswers) titles.push('#Says the same again');
  if (explaining) titles.push('#Explanations', '#Characters', '#distinct-1', '#distinct-2');
  const rows = teachers.map(({ name, entropy, evenness, selfConsistency, explanations: own }) => [
    escaped(name),
    entropy === null ? '–' : `${entropy.toFixed(2)} bits`,
    percent(evenness),
    ...(severalAnswers ? [percent(selfConsistency)] : []),
    ...(explaining
      ? [
          count(own?.count ?? 0),
          own === null ? '–' : own.characters.toFixed(0),
          percent(own?.distinct?.[0] ?? null),
          percent(own?.distinct?.[1] ?? null),
        ]
      : []),
  ]);
  const notes = [
    'Evenness: entropy of the classes that it named, as a share of the greatest possible; 100 %: it named all classes equally often.',
    ...(severalAnswers
      ? ['Says the same again: the mean share of its answers to an input that name the same class.']
      : []),
    ...(explaining
      ? [
          'distinct-1 and distinct-2: shares of different words, and of different pairs of words, in its different explanations (Li et al. 2016). The lower, the more alike the explanations; both fall with the number of texts.',
        ]
      : []),
    ...(distinct === null
      ? []
      : [
          `Of the kept inputs distinct-1 is ${percent(distinct[0])} and distinct-2 ${percent(distinct[1])}.`,
        ]),
  ];
  return table(titles, rows) + small(notes.join(' '));
}

export function biasTable({ teachers }: CheckSummary): string {
  const most = Math.max(
    ...teachers.flatMap(({ bias }) => bias.map(({ difference }) => Math.abs(difference))),
    0,
  );
  const rows = teachers.map(({ name, bias }) => [escaped(name), biases(bias, most)]);
  const note =
    'By how many points its share of the class is above or below that of the consensus of the same inputs; in brackets how often each names it.';
  return table(['Teacher', 'Class'], rows) + small(note);
}

function biases(bias: readonly ClassBias[], most: number): string {
  if (bias.length === 0) return 'none beyond chance';
  const own = bias.slice(0, BIAS_CLASSES).map((one) => {
    const width = ((BIAS_WIDTH * Math.abs(one.difference)) / most).toFixed(2);
    const tag = one.difference > 0 ? 'i' : 'b';
    return `<span>${escaped(one.class)}<${tag} style="width:${width}rem"></${tag}>${points(one.difference)} <small>(${count(one.named)} of ${count(one.consensus)})</small></span>`;
  });
  const more = bias.length - BIAS_CLASSES;
  return `<div class="bias">${own.join('\n')}${more > 0 ? `<span>and ${count(more)} less</span>` : ''}</div>`;
}

export function problemTable({ teachers }: CheckSummary): string {
  const rows = teachers.flatMap(({ name, problems }) =>
    problems.map(({ problem, such, count: times }) => [
      escaped(name),
      said(shown(problem, ANSWER_CHARACTERS)),
      said(shown(such, ANSWER_CHARACTERS)),
      count(times),
    ]),
  );
  if (rows.length === 0) return '';
  return `<h2>Why answers cannot be read, the most frequent</h2>\n${table(['Teacher', 'Why', 'Such as', '#Times'], rows)}`;
}
