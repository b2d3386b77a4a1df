/** The page that shows what a check found: one file of HTML that loads nothing. Pure. */
import type { JudgedInput } from './judge.js';
import type { CheckSummary } from './summary.js';

/** Dropped inputs that are shown. */
const SHOWN = 100;
const TEXT_CHARACTERS = 240;

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bar: #4a7; --drop: #c64; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; } td.n { font-variant-numeric: tabular-nums; white-space: nowrap; } th { vertical-align: bottom; }
.bar { display: flex; height: .8rem; min-width: 8rem; } .bar i { background: var(--bar); } .bar b { background: var(--drop); }
small { opacity: .75; }`;

export function checkPage(summary: CheckSummary, inputs: readonly JudgedInput[]): string {
  const { name, kept, dropped, repeated, labelled } = summary;
  const again =
    repeated > 0 ? ` ${count(repeated)} inputs were there more than once and were asked once.` : '';
  const measured =
    labelled === 0
      ? 'No input has a known class: how good teachers are is estimated from their answers alone (Dawid &amp; Skene 1979).'
      : `${count(labelled)} inputs have a known class. It measures; no teacher and no rule has seen it.`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="viewport" content="width=device-width">
<title>${escaped(name)}: what was kept</title><style>${STYLE}</style></head><body>
<h1>${escaped(name)}</h1>
<p>${count(summary.inputs)} inputs: <strong>${count(kept)} kept</strong>, ${count(dropped)} dropped.${again} ${measured}</p>
<h2>Rules</h2>
${table(
  ['Rule', '#Inputs that it alone would drop'],
  Object.entries(summary.byRule).map(([rule, number]) => [escaped(rule), count(number)]),
)}
<h2>Teachers</h2>
${table(
  [
    'Teacher',
    '#Named a class',
    '#Did not know',
    '#Unreadable',
    '#Missing',
    '#As the consensus',
    '#Right where it named one',
    '#Right of all',
    '#Estimated, of all',
    '#Evenness of classes',
  ],
  summary.teachers.map((t) => [
    escaped(t.name),
    count(t.named),
    count(t.abstained),
    count(t.unreadable),
    count(t.missing),
    percent(t.withConsensus),
    percent(t.accuracy),
    percent(t.accuracyOfAll),
    percent(t.estimatedAccuracy),
    percent(t.evenness),
  ]),
)}
<p><small>Consensus: the most probable class behind the answers${summary.consensusAccuracy === null ? '' : `; right in ${percent(summary.consensusAccuracy)} of the inputs whose class is known`}. Evenness: entropy of the classes that it named, over that of equally many of each; 100 % where it names all as often.${wordsSentence(summary)}</small></p>
<h2>Who agrees with whom</h2>
${table(
  ['', ...summary.teachers.map((t) => `#${t.name}`)],
  summary.agreement.map((row, k) => [
    escaped(summary.teachers[k]?.name ?? ''),
    ...row.map(percent),
  ]),
)}
<h2>While they were asked</h2>
${driftSection(summary)}
<h2>Classes</h2>
${table(
  ['Consensus', '#Kept', '#Dropped', ''],
  summary.byClass.map((c) => [
    escaped(c.name),
    count(c.kept),
    count(c.dropped),
    bar(c.kept, c.dropped, summary),
  ]),
)}
<h2>Dropped</h2>
${droppedTable(inputs)}
</body></html>
`;
}

function wordsSentence({ distinct }: CheckSummary): string {
  if (distinct === null) return '';
  const [words, pairs] = distinct.map(percent);
  return ` Of the kept texts ${words} of the words and ${pairs} of the pairs of words are different (distinct-1 and -2, Li et al. 2016): the lower, the more alike they are.`;
}

function driftSection({ drift }: CheckSummary): string {
  const doubts = drift.flatMap(({ name, doubts: own }) => own.map((text) => `${name}: ${text}.`));
  const said = doubts.map((text) => `<p><strong>${escaped(text)}</strong></p>`).join('');
  const titles = [
    'Teacher',
    'From',
    'To',
    '#Answers',
    '#Unreadable',
    '#Did not know',
    '#As the others',
    '#Classes off its own',
    '#Inputs off the whole',
  ];
  const rows = drift.flatMap(({ name, windows }) =>
    windows.map((w) => [
      escaped(name),
      escaped(w.from),
      escaped(w.to),
      count(w.answers),
      percent(w.unreadable),
      percent(w.abstained),
      percent(w.agreement),
      percent(w.distance),
      percent(w.othersDistance),
    ]),
  );
  return `${said}${table(titles, rows)}
<p><small>Answers by the time at which they came. Off its own: how far the classes named are from those of all its answers, by shares; the last column is the same of what the other teachers say of these inputs, which is how much the inputs themselves changed.</small></p>`;
}

function droppedTable(inputs: readonly JudgedInput[]): string {
  const dropped = inputs.filter(({ why }) => why.length > 0);
  if (dropped.length === 0) return '<p>None.</p>';
  const rows = dropped.slice(0, SHOWN).map((input) => [
    escaped(shown(input)),
    escaped(
      Object.entries(input.answers)
        .map(([name, said]) => `${name}: ${said ?? '?'}`)
        .join(', '),
    ),
    escaped(input.why.join('; ')),
  ]);
  const more =
    dropped.length > SHOWN
      ? `<p>And ${count(dropped.length - SHOWN)} more in dropped.jsonl.</p>`
      : '';
  return table(['Input', 'Answers', 'Why'], rows) + more;
}

function shown({ value }: JudgedInput): string {
  const text =
    'text' in value ? value.text : 'image' in value ? value.image : value.numbers.join(', ');
  return text.length > TEXT_CHARACTERS ? `${text.slice(0, TEXT_CHARACTERS)}…` : text;
}

/** @param titles - with a # in front of those whose column holds numbers. */
function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumber = titles.map((title) => title.startsWith('#'));
  const cell = (tag: string, text: string, k: number) =>
    `<${tag}${isNumber[k] ? ' class="n"' : ''}>${text}</${tag}>`;
  const head = titles.map((title, k) => cell('th', escaped(title.replace(/^#/, '')), k)).join('');
  const body = rows.map((row) => `<tr>${row.map((text, k) => cell('td', text, k)).join('')}</tr>`);
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

function bar(kept: number, dropped: number, { byClass }: CheckSummary): string {
  const most = Math.max(1, ...byClass.map((c) => c.kept + c.dropped));
  const width = (part: number) => `${((100 * part) / most).toFixed(1)}%`;
  return `<div class="bar"><i style="width:${width(kept)}"></i><b style="width:${width(dropped)}"></b></div>`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(1)} %`;
}

function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => names[character] ?? character);
}
