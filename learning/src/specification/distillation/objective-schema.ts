/**
 * The terms of a run's objective. The fields and defaults of each are in `objectives/terms`, what must hold between
 * them and the rest of a run in objective-rules.ts.
 */
import { choose, isMapping, listed, wants, word } from '../../documents/index.js';
import { TERMS, type Term, termNamed } from '../../objectives/terms/index.js';

const TERM = '{ term: kd, weight, temperature }, { term: ce, weight } or another term';
const [first = '', ...others] = TERMS.map(({ name }) => name);
const termName = word(first, ...others);

export const term = choose(settingsOf(TERMS), (input) => {
  if (!isMapping(input)) return { path: '', message: wants(TERM)({ input }) };
  const own = termNamed(input['term']);
  if (own !== undefined) return own.settings;
  const given = termName.safeParse(input['term']);
  return { path: 'term', message: given.error?.issues[0]?.message ?? '' };
});

/** The objective of a distillation that writes none. */
export const DEFAULT_OBJECTIVE = [{ term: 'kd' }, { term: 'ce' }] as const;

const ALONE = TERMS.filter(({ of }) => of === 'labels');
const ALONE_TEXT = listed(ALONE.map(({ name }) => `{ term: ${name}, weight }`));

/** Terms that a run of kind Training may minimise. */
export const termAlone = choose(settingsOf(ALONE), (input) => {
  const own = termNamed(isMapping(input) ? input['term'] : undefined);
  if (own === undefined) return { path: '', message: wants(ALONE_TEXT)({ input }) };
  if (own.of === 'labels') return own.settings;
  const message = `${own.name} asks teachers; it belongs to kind: Distillation`;
  return { path: 'term', message };
});

function settingsOf(terms: readonly Term[]): Term['settings'][] {
  return terms.map(({ settings }) => settings);
}
