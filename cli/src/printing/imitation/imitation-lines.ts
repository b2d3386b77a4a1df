/** The cost of an imitation, and the findings of its check, as lines for people. */
import {
  type CheckSummary,
  type CollectedCost,
  type CostEstimate,
  type ExplanationsWorth,
  moneyText,
  remarks,
  type SeedOutcome,
  type TeacherCosts,
  type Unreadable,
  unreadableRemarks,
  type WritingCost,
  type WritingEstimate,
  type WrittenQuestions,
} from '../../imitation/index.js';
import {
  type Column,
  countText,
  percentText,
  pluralText,
  points,
  signed,
  tableLines,
} from '../text/index.js';

export function estimateLines(estimates: readonly CostEstimate[]): string[] {
  const answered = { title: 'ANSWERED', value: (e: CostEstimate) => countText(e.answered) };
  return costLines(estimates, answered, {
    title: 'SPENT',
    value: (e) => (e.spent === undefined ? undefined : `${moneyText(e.spent)} ${e.currency}`),
    align: 'right',
  });
}

export function writingLines(estimates: readonly WritingEstimate[]): string[] {
  return costLines(estimates, { title: 'WRITTEN', value: (e) => countText(e.written) });
}

/** @param done - the column of existing answers or texts. @param more - a last column. */
function costLines<T extends Omit<CostEstimate, 'answered' | 'spent'>>(
  estimates: readonly T[],
  done: Column<T>,
  more?: Column<T>,
): string[] {
  const columns: Column<T>[] = [
    { title: 'TEACHER', value: (e) => e.teacher },
    { ...done, align: 'right' },
    { title: 'OPEN', value: (e) => countText(e.open), align: 'right' },
    { title: 'CALLS', value: (e) => countText(e.calls), align: 'right' },
    { title: 'TOKENS IN', value: (e) => tokens(e.inputTokens, '≈'), align: 'right' },
    { title: 'TOKENS OUT', value: (e) => tokens(e.outputTokens, '≤'), align: 'right' },
    {
      title: 'COST',
      value: (e) => (e.cost === undefined ? 'no price' : `≈ ${moneyText(e.cost)} ${e.currency}`),
      align: 'right',
    },
    ...(more === undefined ? [] : [more]),
  ];
  return tableLines(columns, estimates);
}

/** @param file - the file with the texts. */
export function writtenLines({ calls, kept, dropped }: WrittenQuestions, file: string): string[] {
  const reasons = Object.entries(dropped).map(([reason, count]) => `${reason} ${countText(count)}`);
  const rest = reasons.length === 0 ? 'none was dropped' : `dropped: ${reasons.join(', ')}`;
  return [
    `${pluralText(calls, 'call')}; ${pluralText(kept, 'new text')} ${kept === 1 ? 'is' : 'are'} in ${file}; ${rest}`,
  ];
}

/** The cost of each teacher that was asked, and the error of its estimate. */
export function collectedLines(costs: readonly CollectedCost[]): string[] {
  return costs
    .filter(({ calls }) => calls > 0)
    .map((own) => `${own.teacher}: ${pluralText(own.answers, 'answer')} ${paidText(own)}`);
}

/** The same for teachers that wrote texts. */
export function writingCostLines(costs: readonly WritingCost[]): string[] {
  return costs
    .filter(({ calls }) => calls > 0)
    .map((own) => `${own.teacher}: ${pluralText(own.texts, 'text')} ${paidText(own)}`);
}

function paidText(own: Omit<CollectedCost, 'answers'>): string {
  const { calls, inputTokens, cachedTokens, outputTokens = 0 } = own;
  const cached = cachedTokens === undefined ? '' : `, of these ${countText(cachedTokens)} cached`;
  const sign = own.isEstimated ? '≈ ' : '';
  const tokens =
    inputTokens === undefined
      ? ''
      : `; ${sign}${countText(inputTokens)} tokens in${cached}, ${sign}${countText(outputTokens)} out`;
  return `by ${pluralText(calls, 'call')}${tokens}${sumsText(own)}`;
}

function sumsText({
  cost,
  estimatedCost = 0,
  spent = 0,
  currency,
}: Omit<CollectedCost, 'answers'>): string {
  if (cost === undefined) return '';
  const sums = `; ${moneyText(cost)} ${currency}, ${moneyText(estimatedCost)} estimated`;
  const off =
    cost === 0 || estimatedCost === 0 ? '' : ` (${offText((estimatedCost - cost) / cost)})`;
  return `${sums}${off}, ${moneyText(spent)} with all before`;
}

function offText(off: number): string {
  const much = off < 0 ? 'little' : 'much';
  return Math.abs(off) < 0.0005 ? 'right' : `${percentText(Math.abs(off))} too ${much}`;
}

function tokens(count: number | undefined, sign: string): string | undefined {
  return count === undefined ? undefined : `${sign} ${countText(count)}`;
}

export function unreadableLines(unreadable: readonly Unreadable[]): string[] {
  return unreadable.flatMap(({ teacher, retried, open, left, problem, refused, refusal }) => {
    const unread = `${teacher}: ${pluralText(retried, 'answer')} could not be read`;
    const again =
      retried > 0 && open > 0 ? '' : ` and ${retried === 1 ? 'was' : 'were'} asked for again`;
    const lost = `${countText(left)} ${left === 1 ? 'question has' : 'questions have'} no answer that can be read (${problem}): mend the description's answer or classes, or set otherwise: abstain; then collect reads the kept answers again, and --again unreadable asks again`;
    const asked = `${countText(open)} ${open === 1 ? 'question stays' : 'questions stay'} open, and the next collect asks again`;
    const rest = [...(left > 0 ? [lost] : []), ...(open > 0 ? [asked] : [])];
    const never = `${teacher}: ${countText(refused)} ${refused === 1 ? 'question was' : 'questions were'} refused (${refusal}); collect --again refused asks them again`;
    return [
      ...(retried + left > 0
        ? [[unread + again, ...(rest.length > 0 ? rest : ['none is left'])].join('; ')]
        : []),
      ...(refused > 0 ? [never] : []),
    ];
  });
}

export function checkLines(summary: CheckSummary, costs: readonly TeacherCosts[]): string[] {
  const { inputs, kept, dropped, written, writtenKept, rules, teachers } = summary;
  const own =
    written > 0
      ? [
          `${countText(written)} of the inputs were written by teachers: ${countText(writtenKept)} kept`,
        ]
      : [];
  const share = (value: number | null) => (value === null ? undefined : percentText(value));
  const columns: Column<CheckSummary['teachers'][number]>[] = [
    { title: 'TEACHER', value: (t) => t.name },
    { title: 'NAMED', value: (t) => countText(t.named), align: 'right' },
    { title: 'DID NOT KNOW', value: (t) => countText(t.abstained), align: 'right' },
    { title: 'UNREADABLE', value: (t) => countText(t.unreadable), align: 'right' },
    { title: 'CUT OFF', value: (t) => countText(t.cutOff), align: 'right' },
    { title: 'MISSING', value: (t) => countText(t.missing), align: 'right' },
    { title: 'AS CONSENSUS', value: (t) => share(t.withConsensus), align: 'right' },
    { title: 'EVENNESS', value: (t) => share(t.evenness), align: 'right' },
    { title: 'RIGHT', value: (t) => share(t.accuracyOfAll), align: 'right' },
    { title: 'ESTIMATED', value: (t) => share(t.estimatedAccuracy), align: 'right' },
  ];
  const drops = rules.map(({ name, drops: own }) => `${name} ${countText(own)}`);
  return [
    `${pluralText(inputs, 'input')}: ${countText(kept)} kept, ${countText(dropped)} dropped (${drops.join(', ')})`,
    ...own,
    ...tableLines(columns, teachers),
    ...unreadableRemarks(summary),
    ...remarks(summary),
    ...costs.flatMap(paidLines),
  ];
}

/** The cost of a teacher's answers so far, and of asking again for those of little worth. */
function paidLines({ name, cost, currency, repairs }: TeacherCosts): string[] {
  const spent = cost === undefined ? [] : [`cost ${moneyText(cost)} ${currency}`];
  const again = repairs.map(({ reason, answers, calls, cost: more }) => {
    const price = more === undefined ? '' : `, ≈ ${moneyText(more)} ${currency}`;
    return `--again ${reason} would ask for ${pluralText(answers, 'answer')} in ${pluralText(calls, 'call')}${price}`;
  });
  const said = [...spent, ...again];
  return said.length === 0 ? [] : [`${name}: ${said.join('; ')}`];
}

export function worthLines(worth: ExplanationsWorth): string[] {
  const { seeds, explained, labels, testSamples, accuracy, nll } = worth;
  const share = (value: number | null) => (value === null ? undefined : percentText(value));
  const difference = ({ student, plain }: SeedOutcome) =>
    student.accuracy === null || plain.accuracy === null
      ? undefined
      : points(student.accuracy - plain.accuracy);
  const columns: Column<SeedOutcome>[] = [
    { title: 'SEED', value: (s) => s.seed, align: 'right' },
    { title: 'STUDENT', value: (s) => share(s.student.accuracy), align: 'right' },
    { title: 'WITHOUT', value: (s) => share(s.plain.accuracy), align: 'right' },
    { title: 'DIFFERENCE', value: difference, align: 'right' },
    {
      title: 'TEACHER WITH EXPLANATIONS',
      value: (s) => share(s.explained.accuracy),
      align: 'right',
    },
  ];
  const there = Object.entries(explained).map(
    ([split, own]) => `${countText(own.explained)} of ${countText(own.inputs)} (${split})`,
  );
  const unknown = labels.inputs - labels.known;
  const measuredBy =
    unknown === 0
      ? ''
      : ` ${countText(unknown)} of ${countText(labels.inputs)} inputs have no known class; there, the class estimated from the answers is used.`;
  return [
    ...tableLines(columns, seeds),
    '',
    accuracy === null
      ? 'What explanations were worth cannot be said: not every run has an accuracy.'
      : `Explanations were worth ${points(accuracy.difference)} points${intervalText(accuracy.interval, points)}, on ${countText(testSamples)} test samples.`,
    ...(nll === null
      ? []
      : [`NLL: ${nats(nll.difference)} nats${intervalText(nll.interval, nats)}.`]),
    `Explained inputs: ${there.join(', ')}.${measuredBy}`,
  ];
}

function intervalText(
  interval: NonNullable<ExplanationsWorth['accuracy']>['interval'],
  text: (value: number) => string,
): string {
  if (interval === null) return ' with one seed, which says nothing of chance (--seeds 5)';
  const { low, high, seedsNeeded } = interval;
  const needed =
    seedsNeeded === null ? '' : `; ${countText(seedsNeeded)} seeds show it with power 80 %`;
  return ` (95 % interval ${text(low)} to ${text(high)} over paired seeds${needed})`;
}

function nats(value: number): string {
  return signed(value, 4);
}
