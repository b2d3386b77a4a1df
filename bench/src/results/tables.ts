/** The tables of `bench/README.md` and other pages, made of results. The text around tables is kept. Pure. */
import { LyceumError } from '@lyceum/proto';
import type { Figure } from '../measuring/index.js';
import type { BenchRecord } from './bench-record.js';

const END = '<!-- end of table -->';
const TABLE = /<!-- table of (\S+) -->\n[\s\S]*?<!-- end of table -->/g;
const startOf = (bench: string) => `<!-- table of ${bench} -->`;

/** @throws {LyceumError} FAILED_PRECONDITION if a record has no place in `bench/README.md`. */
export function assertPlaces(readme: string, records: readonly BenchRecord[]): void {
  for (const { bench } of records) {
    if (readme.includes(startOf(bench))) continue;
    throw new LyceumError(
      'FAILED_PRECONDITION',
      `bench/README.md has no place for the table of ${bench}: want the lines ${startOf(bench)} and ${END}`,
    );
  }
}

/** The page with each record's table between its two markers, or a sentence if a bench has no record. */
export function withTables(page: string, records: readonly BenchRecord[]): string {
  return page.replaceAll(TABLE, (_, name: string) => {
    const record = records.find(({ bench }) => bench === name);
    const lines = record === undefined ? ['Not recorded yet.'] : tableLines(record);
    return [startOf(name), '', ...lines, '', END].join('\n');
  });
}

function tableLines(record: BenchRecord): string[] {
  const { recordedOn, commit, isClean, machine, load } = record;
  const { cores, processor, memoryGib, gpu, node, engine } = machine;
  return [
    '| figure | unit | median | spread | repetitions |',
    '| --- | --- | --- | --- | --- |',
    ...record.figures.map(rowOf),
    '',
    `Recorded on ${recordedOn} at commit ${commit}${isClean ? '' : ' with changes'}.`,
    `Machine: ${cores} cores of ${processor}, ${memoryGib} GiB, ${gpu ?? 'no GPU'}; Node ${node}, ${engine}.`,
    `Load average before and after: ${load.before.toFixed(1)} and ${load.after.toFixed(1)}.`,
  ];
}

function rowOf({ figure, unit, median, least, greatest, repetitions }: Figure): string {
  const spread = repetitions === 1 ? '–' : `${shown(least)} to ${shown(greatest)}`;
  const cells = [figure.replaceAll('|', '\\|'), unit, shown(median), spread, repetitions];
  return `| ${cells.join(' | ')} |`;
}

/** The number with three digits; numbers from 1,000 on with all digits before the point. */
function shown(value: number): string {
  const size = Math.abs(value);
  if (size >= 1_000) return Math.round(value).toLocaleString('en-US');
  if (size > 0 && size < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}
