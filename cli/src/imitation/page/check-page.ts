/** The page with the findings of a check: one file of HTML that loads no other file. Pure. */
import {
  type CheckSummary,
  remarks,
  type TeacherCosts,
  unreadableRemarks,
} from '../findings/index.js';
import type { JudgedInput } from '../judging/index.js';
import { costTable } from './cost-table.js';
import { driftSection } from './drift-section.js';
import { count, escaped, folded, percent, small, table } from './html.js';
import { keptSamples, samplesByRule } from './samples.js';
import { biasTable, diversityTable, problemTable, teacherTable } from './teacher-tables.js';

/** Tables with more rows are folded. */
const OPEN_ROWS = 24;

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bar: #4a7; --drop: #c64; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin-top: 2rem; } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; overflow-wrap: normal; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; } td.n { font-variant-numeric: tabular-nums; white-space: nowrap; } th { vertical-align: bottom; }
td:first-child:not(:has(.said)) { white-space: nowrap; }
.bar { display: flex; height: .8rem; min-width: 8rem; } .bar i { background: var(--bar); } .bar b { background: var(--drop); }
.steps { display: flex; align-items: flex-end; gap: 2px; height: 1.6rem; } .steps i { width: .8rem; background: var(--bar); min-height: 1px; }
.steps.bad i { background: var(--drop); } .steps b { width: .8rem; align-self: stretch; border: 1px dashed var(--line); box-sizing: border-box; }
.bias { display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; } .bias span { white-space: nowrap; }
.bias i, .bias b { display: inline-block; height: .6rem; margin: 0 .3rem; } .bias i { background: var(--bar); } .bias b { background: var(--drop); }
.said { min-width: 14rem; max-width: 28rem; overflow-wrap: anywhere; } .said p { margin: .2rem 0; }
details { margin: .4rem 0; } summary { cursor: pointer; }
small { opacity: .75; }`;

export function checkPage(
  summary: CheckSummary,
  inputs: readonly JudgedInput[],
  costs: readonly TeacherCosts[],
): string {
  const { name, kept, dropped, repeated, labelled, written, writtenKept } = summary;
  const again =
    repeated > 0 ? ` ${count(repeated)} inputs were given more than once and were asked once.` : '';
  const own =
    written > 0 ? ` Teachers wrote ${count(written)} of them; ${count(writtenKept)} are kept.` : '';
  const measured =
    labelled === 0
      ? 'No input has a known class: how good teachers are is estimated from their answers alone (Dawid &amp; Skene 1979).'
      : `${count(labelled)} inputs have a known class. It is used only to measure: no teacher and no rule has seen it.`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="viewport" content="width=device-width">
<title>${escaped(name)}: what was kept</title><style>${STYLE}</style></head><body>
<h1>${escaped(name)}</h1>
<p>${count(summary.inputs)} inputs: <strong>${count(kept)} kept</strong>, ${count(dropped)} dropped.${own}${again} ${measured}</p>
${remarksList(summary)}
<h2>Rules</h2>
${rulesTable(summary)}
<h2>Teachers</h2>
${teacherTable(summary)}
<h2>Variety of the answers</h2>
${diversityTable(summary)}
<h2>Classes that they name too often or too rarely</h2>
${biasTable(summary)}
${problemTable(summary)}
<h2>What they cost</h2>
${costTable(costs)}
<h2>Who agrees with whom</h2>
${long(summary.teachers.length, 'teachers', agreementTable(summary))}
<h2>Changes during the collection</h2>
${driftSection(summary)}
<h2>Classes</h2>
${long(summary.byClass.length, 'classes', classTable(summary))}
<h2>Kept</h2>
${keptSamples(inputs)}
<h2>Dropped</h2>
${samplesByRule(summary, inputs)}
</body></html>
`;
}

function remarksList(summary: CheckSummary): string {
  const all = [...unreadableRemarks(summary), ...remarks(summary)];
  const said = all.map((text) => `<li>${escaped(text)}</li>`);
  return said.length === 0 ? '' : `<ul>\n${said.join('\n')}\n</ul>`;
}

function rulesTable({ rules, keptAccuracy }: CheckSummary): string {
  const titles = ['Rule', '#Inputs that it drops', '#That no other rule drops'];
  const isKnown = keptAccuracy !== null;
  const rows = rules.map((rule) => [
    escaped(rule.name),
    count(rule.drops),
    count(rule.only),
    ...(isKnown ? [percent(rule.consensusAccuracy)] : []),
  ]);
  const note = isKnown
    ? small(
        `Consensus right: on the inputs that the rule drops and whose class is known. On kept inputs it is right in ${percent(keptAccuracy)}. If the consensus is right as often on dropped inputs as on kept ones, the rule only costs inputs.`,
      )
    : '';
  return table(isKnown ? [...titles, '#Consensus right'] : titles, rows) + note;
}

function agreementTable({ teachers, agreement }: CheckSummary): string {
  return table(
    ['', ...teachers.map((t) => `#${t.name}`)],
    agreement.map((row, k) => [escaped(teachers[k]?.name ?? ''), ...row.map(percent)]),
  );
}

function classTable({ byClass }: CheckSummary): string {
  const most = Math.max(1, ...byClass.map((c) => c.kept + c.dropped));
  const width = (part: number) => `${((100 * part) / most).toFixed(1)}%`;
  return table(
    ['Consensus', '#Kept', '#Dropped', ''],
    byClass.map((c) => [
      escaped(c.name),
      count(c.kept),
      count(c.dropped),
      `<div class="bar"><i style="width:${width(c.kept)}"></i><b style="width:${width(c.dropped)}"></b></div>`,
    ]),
  );
}

function long(rows: number, what: string, html: string): string {
  return rows > OPEN_ROWS ? folded(`${count(rows)} ${what}`, html) : html;
}
