/** Problems of a run with teachers that know only some of the set's classes. Pure. */
import { splitSamples } from '@lyceum/learning/datasets';
import { listed } from '@lyceum/learning/documents';
import {
  classMask,
  type KnownClasses,
  namesOf,
  needsAllClasses,
  ruleOf,
  termTarget,
} from '@lyceum/learning/ensemble';
import { answerTermNamed, type TermSettings } from '@lyceum/learning/objectives';
import type { DistillationSpecification } from '@lyceum/learning/specification';
import type { Problem } from '@lyceum/proto';
import type { DatasetOutline } from '../../artifacts/index.js';
import type { PinnedTeacher } from '../../runs/index.js';

type Spec = DistillationSpecification['spec'];
type Teacher = Pick<PinnedTeacher, 'name' | 'weight' | 'knownClasses'>;
type SetClasses = Pick<DatasetOutline, 'classCount' | 'classNames' | 'labels' | 'splits'>;

/** A run's specification, its teachers in ensemble order, and its set. */
interface Met {
  readonly spec: Spec;
  readonly teachers: readonly Teacher[];
  readonly dataset: SetClasses;
}

/** Greatest number of classes that a message names. */
const SHOWN = 8;

const OTHER_RULES = listed(namesOf((rule) => !rule.needsAllClasses));

/** @param teachers - all of the run's, in ensemble order. */
export function knownClassesProblems(
  spec: Spec,
  teachers: readonly Teacher[],
  dataset: SetClasses,
): Problem[] {
  const met = { spec, teachers, dataset };
  const first = teachers.findIndex(({ knownClasses }) => knownClasses !== undefined);
  if (first < 0) return [];
  return [
    ...ruleProblems(spec, partialText(met, first)),
    ...measureProblems(met),
    ...spec.objective.flatMap((term, index) => termProblems(term, `spec.objective[${index}]`, met)),
  ];
}

/** `spec.teachers[1] (small) knows 3 of the 10 classes of spec.dataset`. */
function partialText({ teachers, dataset: { classCount } }: Met, k: number): string {
  const { name, knownClasses } = teachers[k] as Teacher;
  return `spec.teachers[${k}] (${name}) knows ${knownClasses?.length} of the ${classCount} classes of spec.dataset`;
}

function ruleProblems({ ensemble }: Spec, partial: string): Problem[] {
  const { combine } = ensemble;
  if (!needsAllClasses({ combine })) return [];
  const message = `${combine} wants teachers that know all classes, and ${partial}; combine by ${OTHER_RULES}`;
  return [{ path: 'spec.ensemble.combine', message }];
}

/** A teacher is measured on samples of the classes that it knows: the validation split needs some of these. */
function measureProblems({ spec: { ensemble }, teachers, dataset }: Met): Problem[] {
  const { calibrate, combine } = ensemble;
  if (calibrate !== true && !ruleOf(ensemble).fit?.ofEachTeacher) return [];
  const labels = new Set<number>();
  for (const sample of splitSamples(dataset, 'validation')) {
    labels.add(dataset.labels[sample] as number);
  }
  return teachers.flatMap(({ name, knownClasses }) => {
    if (knownClasses === undefined || knownClasses.some((c) => labels.has(c))) return [];
    const path = `spec.ensemble.${calibrate === true ? 'calibrate' : 'combine'}`;
    const what = calibrate === true ? 'calibrate' : combine;
    const message = `${what} measures ${name} on samples of the classes that it knows, and the validation split of spec.dataset has no sample with one of these labels; use combine: arithmetic without calibrate`;
    return [{ path, message }];
  });
}

function termProblems(term: TermSettings, path: string, met: Met): Problem[] {
  const { spec, teachers } = met;
  const own = termTarget(term, spec)?.teachers ?? [];
  const first = own.find((k) => teachers[k]?.knownClasses !== undefined);
  if (first === undefined) return [];
  const partial = partialText(met, first);
  const problems: Problem[] = [];
  const refused = answerTermNamed(term.term)?.needsAllClasses;
  if (refused !== undefined) {
    const message = `${refused.why}, and ${partial}; use ${refused.instead}`;
    problems.push({ path: `${path}.term`, message });
  }
  if ('standardize' in term && term.standardize) {
    const message = `standardises logits over all classes, and ${partial}; leave it out`;
    problems.push({ path: `${path}.standardize`, message });
  }
  const asked = own.filter((k) => (teachers[k]?.weight ?? 0) > 0);
  problems.push(...coverageProblems(term, path, asked, met));
  return problems;
}

/** Every class needs a teacher that knows it: otherwise the student would learn that the class is impossible. */
function coverageProblems(
  term: TermSettings,
  path: string,
  own: readonly number[],
  { spec, teachers, dataset }: Met,
): Problem[] {
  const { quorum } = spec.ensemble;
  const { classCount, classNames } = dataset;
  const knowing = knowingTeachers(
    own.map((k) => teachers[k]?.knownClasses),
    classCount,
  );
  const named = 'teachers' in term && term.teachers !== undefined ? 'teachers' : 'term';
  const unknown = classNames.filter((_, c) => knowing[c]?.length === 0);
  if (unknown.length > 0) {
    const who = own.map((k) => teachers[k]?.name).join(', ');
    const message = `${term.term} is taught by ${who}, and none of them knows ${shownNames(unknown)} of spec.dataset; name a teacher of weight above 0 that does, or leave such classes out of the set`;
    return [{ path: `${path}.${named}`, message }];
  }
  if (typeof quorum !== 'number') return [];
  const fewest = Math.min(...knowing.map(({ length }) => length));
  const atLeast = teachers.length - fewest + 1;
  if (quorum >= atLeast) return [];
  const rare = classNames.filter((_, c) => knowing[c]?.length === fewest);
  const message = `may leave ${term.term} without any teacher that knows ${shownNames(rare)} of spec.dataset; want ${atLeast} of ${teachers.length}, or all`;
  return [{ path: 'spec.ensemble.quorum', message }];
}

/** For each class, which of the teachers know it. */
function knowingTeachers(known: readonly KnownClasses[], classCount: number): number[][] {
  const masks = known.map((own) => classMask(own, classCount));
  return Array.from({ length: classCount }, (_, c) =>
    [...masks.keys()].filter((k) => masks[k]?.[c] === 1),
  );
}

function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(', ');
  return `the ${names.length === 1 ? 'class' : `${names.length} classes`} ${shown}${names.length > SHOWN ? ', …' : ''}`;
}
