/** The page of a check whose every text is markup, against the page of one without: the same elements must be in both. */
import { expect, it } from 'vitest';
import { checkPage } from '../../src/imitation/judging/check-page.js';
import type { JudgedInput } from '../../src/imitation/judging/judge.js';
import type { CheckSummary } from '../../src/imitation/judging/summary.js';

const hostile = (text: string) => `"'></td><script>alert(1)</script><img src=x onerror=a()>${text}`;

it('shows markup from outside as text', () => {
  const plain = pageOf((text) => text);
  const page = pageOf(hostile);
  expect(elements(page)).toEqual(elements(plain));
  expect(page).toContain('&lt;script&gt;alert(1)');
});

it('loads nothing', () => {
  const page = pageOf(hostile);
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

/** Names of all elements, in their order. */
function elements(page: string): string[] {
  return [...page.matchAll(/<(\/?[a-z][a-z0-9]*)/gi)].map(([, name]) => name ?? '');
}

function pageOf(mark: (text: string) => string): string {
  const window = {
    from: mark('from'),
    to: mark('to'),
    answers: 10,
    unreadable: 0,
    abstained: 0,
    agreement: 1,
    distance: 0,
    othersDistance: 0,
  };
  const summary: CheckSummary = {
    name: mark('words'),
    inputs: 2,
    repeated: 1,
    kept: 1,
    dropped: 1,
    labelled: 0,
    byRule: { [mark('agree')]: 1 },
    byClass: [{ name: mark('x'), kept: 1, dropped: 1 }],
    teachers: [
      {
        name: mark('a'),
        named: 1,
        abstained: 0,
        unreadable: 0,
        missing: 0,
        withConsensus: 1,
        accuracy: null,
        accuracyOfAll: null,
        evenness: null,
        estimatedAccuracy: null,
      },
    ],
    agreement: [[1]],
    consensusAccuracy: null,
    distinct: null,
    drift: [
      {
        name: mark('a'),
        windows: [window],
        agreement: null,
        unreadable: null,
        doubts: [mark('it changed')],
      },
    ],
  };
  const values: JudgedInput['value'][] = [
    { text: mark('a text') },
    { image: mark('picture.png') },
    { numbers: [1, 2] },
  ];
  const inputs = values.map((value, n) => ({
    id: mark(`id-${n}`),
    value,
    answers: { [mark('a')]: mark('x') },
    cutOff: [],
    consensus: mark('x'),
    why: [mark('agree: 1 of 3')],
  }));
  return checkPage(summary, inputs);
}
