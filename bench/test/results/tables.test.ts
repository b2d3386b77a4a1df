/** Tables of small results written down here, and the tables in the pages against the files of results. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { assertPlaces, withTables } from '../../src/results/tables.js';

type BenchRecord = Parameters<typeof withTables>[1][number];

const RECORD: BenchRecord = {
  bench: 'step',
  recordedOn: '2026-01-02',
  commit: '0123456789ab',
  isClean: true,
  load: { before: 0.04, after: 2.16 },
  machine: {
    ...{ cores: 2, processor: 'Some CPU', memoryGib: 16, gpu: null },
    ...{ node: '20.19.0', engine: 'tensorflow 2.21.0' },
  },
  figures: [
    { figure: 'mlp', unit: '÷', median: 5.4321, least: 4.9999, greatest: 6, repetitions: 3 },
    {
      ...{ figure: 'a|b', unit: 'samples/s', repetitions: 1 },
      ...{ median: 113_206.4, least: 113_206.4, greatest: 113_206.4 },
    },
    { figure: 'kl', unit: 'nats', median: 3.14e-6, least: 0, greatest: 1e-4, repetitions: 2 },
  ],
};
const PAGE = `# Page

<!-- table of step -->
what was there
<!-- end of table -->

Words.

<!-- table of memory -->
<!-- end of table -->
`;

it('withTables writes figures, machine and commit between the markers, and keeps the rest', () => {
  const page = withTables(PAGE, [RECORD]);
  expect(page).toBe(`# Page

<!-- table of step -->

| figure | unit | median | spread | repetitions |
| --- | --- | --- | --- | --- |
| mlp | ÷ | 5.43 | 5 to 6 | 3 |
| a\\|b | samples/s | 113,206 | – | 1 |
| kl | nats | 3.1e-6 | 0 to 1.0e-4 | 2 |

Recorded on 2026-01-02 at commit 0123456789ab.
Machine: 2 cores of Some CPU, 16 GiB, no GPU; Node 20.19.0, tensorflow 2.21.0.
Load average before and after: 0.0 and 2.2.

<!-- end of table -->

Words.

<!-- table of memory -->

Not recorded yet.

<!-- end of table -->
`);
  expect(withTables(page, [RECORD])).toBe(page);
});

it('withTables says that files differed from the commit, and names the GPU', () => {
  const machine = { ...RECORD.machine, gpu: 'Some GPU' };
  const page = withTables(PAGE, [{ ...RECORD, isClean: false, machine }]);
  expect(page).toContain('at commit 0123456789ab with changes.');
  expect(page).toContain('16 GiB, Some GPU;');
});

it('assertPlaces refuses a record without a place, and names the lines to add', () => {
  expect(() => assertPlaces(PAGE, [{ ...RECORD, bench: 'other' }])).toThrow(
    'no place for the table of other: want the lines <!-- table of other -->',
  );
});

it.each(['README.md', '../docs/performance.md'])(
  'the tables of bench/%s agree with bench/results',
  (page) => {
    const bench = new URL('../../', import.meta.url);
    const results = new URL('results/', bench);
    const files = readdirSync(results).filter((file) => file.endsWith('.json'));
    const records = files.map((file) => JSON.parse(readFileSync(new URL(file, results), 'utf8')));
    const text = readFileSync(new URL(page, bench), 'utf8');
    expect(withTables(text, records)).toBe(text);
  },
);
