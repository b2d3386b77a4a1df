/** What the checks find about the languages' teachers, and what each rule and each teacher is worth to the student. */
import { type ExampleContext, firstSeeds } from '../example.js';
import { addTold, aligned, meanDifference, overSeeds, percent } from '../tables.js';
import type { Collected } from './answers.js';
import { type Checked, type KeptLine, Lessons, type TaughtLesson } from './lessons.js';
import { ALL_RULES, alone, variantsOf, withExplanations } from './variants.js';

export async function worthTable(
  context: ExampleContext,
  folder: string,
  { document, texts, test, answers }: Collected,
): Promise<string[]> {
  const lessons = new Lessons(context, folder, test);
  const table = [['STUDENT TAUGHT WITH', 'TEXTS', 'RIGHT', 'ACCURACY', 'AGAINST THE FIRST']];
  let reference: readonly number[] | undefined;
  const addRow = async (title: string, lesson: TaughtLesson): Promise<void> => {
    const accuracies = await lessons.overSeeds(lesson, firstSeeds(context.seeds));
    reference ??= accuracies;
    const cells = [String(lesson.kept.length), percent(rightShare(lesson.kept))];
    addTold(table, [title, ...cells, overSeeds(accuracies), against(accuracies, reference)]);
  };
  let found: Checked | undefined;
  for (const { name, title, document: own } of variantsOf(document)) {
    const lesson = { name: `languages-${name}`, document: own };
    const checked = await lessons.check(lesson, texts, answers);
    if (name === ALL_RULES) found = checked;
    await addRow(title, { ...lesson, kept: checked.kept });
  }
  const truth = texts.map((own, k): KeptLine => {
    return { id: `text-${k}`, ...own, answers: { franc: own.label }, consensus: own.label };
  });
  const lesson = { name: 'languages-truth', document: alone(document, 'franc'), kept: truth };
  await addRow('the true classes of all texts', lesson);
  return [...foundLines(found as Checked, texts.length), '', ...aligned(table)];
}

/** Compares the student with the chat's explanations as a modality, and without them. */
export async function explanationsLine(
  context: ExampleContext,
  folder: string,
  { document, texts, test, answers }: Collected,
): Promise<string> {
  const lessons = new Lessons(context, folder, test);
  const lesson = { name: 'languages-explained', document: withExplanations(document) };
  const { kept } = await lessons.check(lesson, texts, answers);
  const { seeds } = await lessons.explanationsWorth({ ...lesson, kept }, context.seeds);
  const explained = seeds.map(({ student }) => student.accuracy);
  const plain = seeds.map((own) => own.plain.accuracy);
  const difference = against(explained, plain);
  return `Explanations as a modality, no rule: ${overSeeds(explained)}; without them ${overSeeds(plain)}: ${difference} points.`;
}

function foundLines({ summary, kept }: Checked, count: number): string[] {
  const dropped = summary.rules.map(({ name, drops, only }) => `${name} ${drops} (${only})`);
  return [
    ...aligned([
      ['TEACHER', 'NAMED', 'DID NOT KNOW', 'CUT OFF', 'SAYS THE SAME', 'ESTIMATED', 'RIGHT'],
      ...summary.teachers.map(({ name, named, abstained, cutOff, ...own }) => [
        name,
        ...[named, abstained, cutOff].map(String),
        percent(own.selfConsistency),
        percent(own.estimatedAccuracy),
        percent(own.accuracyOfAll),
      ]),
    ]),
    `The rules kept ${kept.length} of ${count} texts. Texts that each rule would drop (and no other rule): ${dropped.join(', ')}.`,
  ];
}

/** Share of the kept texts whose class behind the answers is the true one. */
function rightShare(kept: readonly KeptLine[]): number {
  return kept.filter(({ consensus, label }) => consensus === label).length / kept.length;
}

function against(shares: readonly number[], reference: readonly number[]): string {
  if (shares === reference) return '';
  return meanDifference(shares.map((own, k) => 100 * (own - (reference[k] as number))));
}
