/** Sample inputs with their answers and explanations, as HTML: some kept ones, and some that each rule drops. */
import { type CheckSummary, rulesOf } from '../findings/index.js';
import type { JudgedInput } from '../judging/index.js';
import { count, escaped, folded, said, shown, table } from './html.js';

/** Number of inputs shown: kept ones, and dropped ones for each rule. */
const KEPT_SHOWN = 20;
const DROPPED_SHOWN = 10;
const TEXT_CHARACTERS = 240;
/** Number of teachers shown for an input. */
const TEACHERS_SHOWN = 12;
const EXPLANATIONS_SHOWN = 6;

export function keptSamples(inputs: readonly JudgedInput[]): string {
  const kept = inputs.filter(({ why }) => why.length === 0);
  return kept.length === 0 ? '<p>None.</p>' : samples(kept, KEPT_SHOWN, 'kept.jsonl');
}

export function samplesByRule({ rules }: CheckSummary, inputs: readonly JudgedInput[]): string {
  const dropped = inputs.filter(({ why }) => why.length > 0);
  if (dropped.length === 0) return '<p>None.</p>';
  return rules
    .flatMap(({ name }) => {
      const own = dropped.filter((input) => rulesOf(input).has(name));
      if (own.length === 0) return [];
      return [`<h3>${escaped(name)}</h3>\n${samples(own, DROPPED_SHOWN, 'dropped.jsonl')}`];
    })
    .join('\n');
}

function samples(inputs: readonly JudgedInput[], limit: number, file: string): string {
  const own = spread(inputs, limit);
  const isDropped = own.some(({ why }) => why.length > 0);
  const rows = own.map((input) => [
    said(shown(inputText(input), TEXT_CHARACTERS)),
    said(answersOf(input) + explanationsOf(input)),
    escaped(input.consensus ?? '–'),
    ...(isDropped ? [said(shown(input.why.join('; '), TEXT_CHARACTERS))] : []),
  ]);
  const more = inputs.length - own.length;
  const rest = more > 0 ? `<p>And ${count(more)} more in ${file}.</p>` : '';
  return table(['Input', 'Answers', 'Consensus', ...(isDropped ? ['Why'] : [])], rows) + rest;
}

/** At most `limit` items, evenly spread over the list, with the first. */
function spread<T>(items: readonly T[], limit: number): T[] {
  const step = Math.max(1, items.length / limit);
  return items.filter((_, n) => Math.floor(n / step) > Math.floor((n - 1) / step));
}

function inputText({ value }: JudgedInput): string {
  return 'text' in value ? value.text : 'image' in value ? value.image : value.numbers.join(', ');
}

function answersOf({ answers, shares = {} }: JudgedInput): string {
  const all = Object.entries(answers).map(([name, own]) => {
    const share = own === null ? undefined : shares[name]?.[own];
    const often = share === undefined ? '' : ` ${(100 * share).toFixed(0)} %`;
    return `${name}: ${own ?? '?'}${often}`;
  });
  const more = all.length - TEACHERS_SHOWN;
  const shownOnes = all.slice(0, TEACHERS_SHOWN).join(', ');
  return escaped(more > 0 ? `${shownOnes}, and ${more} more` : shownOnes);
}

function explanationsOf({ explanations = {} }: JudgedInput): string {
  const all = Object.entries(explanations).flatMap(([name, own]) =>
    own.map((one) => ({ name, ...one })),
  );
  if (all.length === 0) return '';
  const texts = all
    .slice(0, EXPLANATIONS_SHOWN)
    .map(
      ({ name, class: own, text }) =>
        `<p><small>${escaped(`${name}, ${own ?? '?'}: `)}${shown(text, TEXT_CHARACTERS)}</small></p>`,
    );
  return folded(
    all.length === 1 ? 'Explanation' : `${count(all.length)} explanations`,
    texts.join('\n'),
  );
}
