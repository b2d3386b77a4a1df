/**
 * What must hold between a run's terms, its teachers and the rule that combines them.
 *
 * They look at the document as it was written, like all of run-specification-rules.ts.
 */
import type { Problem } from '@lyceum/proto';
import { isMapping, listed } from '../../documents/index.js';
import { namesOf, ruleNamed } from '../../ensemble/rules/index.js';
import { type Term, termNamed } from '../../objectives/terms/index.js';

type Mapping = Readonly<Record<string, unknown>>;

/** A term that asks teachers, with which teachers it asks. */
interface AskingTerm {
  readonly path: string;
  readonly own: Exclude<Term, { of: 'labels' }>;
  readonly settings: Mapping;
  /** Path of the field that chooses the teachers: `teachers`, or the term itself. */
  readonly teachersPath: string;
  /** Ensemble indices, rising. */
  readonly teachers: readonly number[];
}

export function objectiveProblems(
  objective: readonly unknown[],
  ensemble: Mapping,
  teachers: readonly Mapping[],
): Problem[] {
  const terms = objective.map((term) => (isMapping(term) ? term : {}));
  // An unknown term may have been meant to ask teachers; the schema reports it.
  if (terms.length === 0 || !terms.every(({ term }) => termNamed(term))) return [];
  const namesWrong = terms.flatMap((term, index) => nameProblems(term, index, teachers));
  if (namesWrong.length > 0) return namesWrong;
  const asking = terms.flatMap((term, index) => askingTerm(term, index, teachers));
  if (asking.length === 0) {
    const message =
      'no term asks the teachers; add { term: kd } with a weight above 0, or use kind: Training';
    return [{ path: 'spec.objective', message }];
  }
  return [
    ...unaskedTeachers(asking, teachers),
    ...asking.flatMap((term) => [
      ...accessProblems(term, ensemble, teachers),
      // A feature term compares with each teacher by itself, whatever its weight and the rule.
      ...(term.own.of === 'features'
        ? []
        : [
            ...weightProblems(term, teachers),
            ...ruleProblems(term, ensemble, teachers),
            ...quorumProblems(term, ensemble, teachers),
          ]),
    ]),
  ];
}

function askingTerm(settings: Mapping, index: number, teachers: readonly Mapping[]): AskingTerm[] {
  const own = termNamed(settings['term']);
  if (own === undefined || own.of === 'labels' || settings['weight'] === 0) return [];
  const path = `spec.objective[${index}]`;
  const term = { path, own, settings };
  const all = teachers.map((_, k) => k);
  const { hintLayer } = settings;
  if (own.of === 'features' && isMapping(hintLayer)) {
    const chosen = all.filter((k) => Object.hasOwn(hintLayer, String(teachers[k]?.['name'])));
    return [{ ...term, teachersPath: `${path}.hintLayer`, teachers: chosen }];
  }
  const named: unknown = settings['teachers'];
  // The schema reports an empty list.
  if (!Array.isArray(named) || named.length === 0) {
    return [{ ...term, teachersPath: `${path}.term`, teachers: all }];
  }
  const chosen = all.filter((k) => named.includes(teachers[k]?.['name']));
  return [{ ...term, teachersPath: `${path}.teachers`, teachers: chosen }];
}

/** Names that are no teacher's, or come twice. */
function nameProblems(settings: Mapping, index: number, teachers: readonly Mapping[]): Problem[] {
  const named: unknown = settings['teachers'];
  if (!Array.isArray(named)) return [];
  const known = teachers.map(({ name }) => name).filter((name) => typeof name === 'string');
  return named.flatMap((name: unknown, at) => {
    if (typeof name !== 'string') return [];
    const path = `spec.objective[${index}].teachers[${at}]`;
    if (named.indexOf(name) < at) return [{ path, message: `"${name}" was named before` }];
    if (known.includes(name)) return [];
    return [{ path, message: `"${name}" is none of spec.teachers; want ${listed(known)}` }];
  });
}

function unaskedTeachers(asking: readonly AskingTerm[], teachers: readonly Mapping[]): Problem[] {
  return teachers.flatMap(({ name }, k) => {
    if (asking.some((term) => term.teachers.includes(k))) return [];
    const message = `no term of spec.objective asks ${String(name)}; name it in a term's teachers, or leave it out`;
    return [{ path: `spec.teachers[${k}]`, message }];
  });
}

/** What a term needs and a teacher's `access` does not give. */
function accessProblems(
  { own, teachersPath, teachers: asked }: AskingTerm,
  { combine = 'arithmetic' }: Mapping,
  teachers: readonly Mapping[],
): Problem[] {
  const needsFeatures = own.of === 'features';
  if (!needsFeatures && own.ofVotes) return [];
  const byVotes = !needsFeatures && !own.ofMeanLogits;
  if (byVotes && ruleNamed(combine)?.ofVotes) return [];
  const lacks = (k: number) => {
    const access = accessOf(teachers[k]);
    return access === 'black' || (needsFeatures && access === 'gray');
  };
  const others = asked.filter((k) => !lacks(k)).map((k) => teachers[k]?.['name']);
  return asked.filter(lacks).map((k) => {
    const access = accessOf(teachers[k]);
    const instead = [
      ...(others.length > 0 ? [`teachers: [${others.join(', ')}]`] : []),
      access === 'black' ? 'term: vote' : 'term: kd',
      ...(byVotes ? [`spec.ensemble.combine: ${listed(namesOf((rule) => rule.ofVotes))}`] : []),
    ];
    const what = needsFeatures ? 'features' : 'logits';
    const gives = access === 'black' ? 'final answers' : 'logits';
    const message = `${own.name} needs ${what}, and spec.teachers[${k}].access of ${String(teachers[k]?.['name'])} is ${access}: it gives ${gives} only; use ${listed(instead)}`;
    return { path: teachersPath, message };
  });
}

/** `access` as it is written. Default: white; gray of a model behind a server, from which only outputs come. */
function accessOf(teacher: Mapping = {}): string {
  return String(teacher['access'] ?? (teacher['inference'] === undefined ? 'white' : 'gray'));
}

function weightProblems(
  { own, teachersPath, teachers: asked }: AskingTerm,
  teachers: readonly Mapping[],
): Problem[] {
  // That all weights of the run are 0 is reported elsewhere.
  if (asked.length === teachers.length || asked.some((k) => teachers[k]?.['weight'] !== 0))
    return [];
  const message = `${own.name} compares with ${namesText(asked, teachers)} alone, and every weight there is 0; at least one must be greater`;
  return [{ path: teachersPath, message }];
}

/** What a term needs and the ensemble's rule does not give. */
function ruleProblems(
  { path, own, settings, teachersPath, teachers: asked }: AskingTerm,
  { combine = 'arithmetic' }: Mapping,
  teachers: readonly Mapping[],
): Problem[] {
  const rule = `spec.ensemble.combine: ${String(combine)}`;
  const problems: Problem[] = [];
  const other = ruleNamed(combine);
  const why = other?.noStandardizing;
  if (settings['standardize'] === true && why !== undefined) {
    const message = `standardises logits, and ${rule} ${why}; leave it out, or combine by arithmetic`;
    problems.push({ path: `${path}.standardize`, message });
  }
  if (own.of !== 'answers') return problems;
  const { name, ofEachTeacher } = own;
  if (own.ofMeanLogits && other?.withoutShares) {
    const message = `${name} averages logits by the teachers' shares, and ${rule} has none; combine by arithmetic, entropy, accuracy or mixture-em`;
    problems.push({ path: `${path}.term`, message });
  }
  const counts = { ownCount: asked.length, teacherCount: teachers.length };
  const beside = { name, ofEachTeacher: ofEachTeacher === true, ...counts };
  const refused = own.ofVotes ? undefined : other?.refusedTerm?.(beside);
  if (refused !== undefined) {
    const at = refused.at === 'term' ? `${path}.term` : teachersPath;
    problems.push({ path: at, message: refused.message(rule) });
  }
  return problems;
}

/** A quorum may leave a term without any of its teachers. */
function quorumProblems(
  { own, teachersPath, teachers: asked }: AskingTerm,
  { quorum }: Mapping,
  teachers: readonly Mapping[],
): Problem[] {
  if (typeof quorum !== 'number' || quorum < 1) return [];
  if (asked.length > teachers.length - quorum) return [];
  const atLeast = teachers.length - asked.length + 1;
  const message = `${own.name} compares with ${namesText(asked, teachers)} alone, and spec.ensemble.quorum: ${quorum} of ${teachers.length} may leave it without; name more teachers, or want a quorum of ${atLeast}`;
  return [{ path: teachersPath, message }];
}

function namesText(asked: readonly number[], teachers: readonly Mapping[]): string {
  return listed(
    asked.map((k) => String(teachers[k]?.['name'])),
    'and',
  );
}
