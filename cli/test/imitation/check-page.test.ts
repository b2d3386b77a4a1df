/** `checkPage` with markup in every text must have the same elements as the page of the same check without markup. */
import { expect, it } from 'vitest';
import type { CheckSummary, TeacherCosts } from '../../src/imitation/findings/index.js';
import type { JudgedInput } from '../../src/imitation/judging/index.js';
import { checkPage } from '../../src/imitation/page/index.js';

const hostile = (text: string) => `"'></td><script>alert(1)</script><img src=x onerror=a()>${text}`;

it('checkPage escapes markup in names, inputs and answers', () => {
  const plain = pageOf((text) => text);
  const page = pageOf(hostile);
  expect(elements(page)).toEqual(elements(plain));
  expect(page).toContain('&lt;script&gt;alert(1)');
  expect(page).toContain('Teachers wrote 2 of them; 1 are kept.');
});

it('checkPage shows bidirectional marks and control characters as escapes', () => {
  const page = pageOf((text) => `${text}\u202e\u0000`);
  expect(page).not.toMatch(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
  expect(page).toContain('words\\u202e\\x00');
});

it('checkPage has a content security policy that allows no loading', () => {
  const page = pageOf(hostile);
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

/** Names of all elements, in document order. */
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
    labelled: 1,
    written: 2,
    writtenKept: 1,
    rules: [{ name: mark('agree'), drops: 1, only: 1, consensusAccuracy: 1 }],
    unused: { [mark('drift')]: 3 },
    byClass: [{ name: mark('x'), kept: 1, dropped: 1 }],
    teachers: [
      {
        name: mark('a'),
        named: 1,
        abstained: 0,
        unreadable: 2,
        missing: 0,
        cutOff: 1,
        withConsensus: 1,
        accuracy: null,
        accuracyOfAll: null,
        entropy: 1,
        evenness: 1,
        estimatedAccuracy: null,
        selfConsistency: 0.6,
        explanations: { count: 2, characters: 10, distinct: [0.5, 0.6] },
        bias: [
          { class: mark('x'), named: 2, consensus: 1, difference: 0.5 },
          { class: mark('y'), named: 0, consensus: 1, difference: -0.5 },
        ],
        obedience: { told: 5, apart: 5, apartElsewhere: 0, isDoubtful: true },
        problems: [{ problem: mark('is none of x'), such: mark('nonsense'), count: 2 }],
      },
    ],
    agreement: [[1]],
    consensusAccuracy: 1,
    keptAccuracy: 1,
    distinct: [0.5, 0.6],
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
    shares: { [mark('a')]: { [mark('x')]: 0.6 } },
    explanations: { [mark('a')]: [{ class: mark('x'), text: mark('because') }] },
    cutOff: [],
    consensus: mark('x'),
    why: n === 0 ? [] : [`${mark('agree')}: ${mark('1 of 3')}`],
  }));
  const costs: TeacherCosts[] = [
    {
      name: mark('a'),
      answers: 3,
      tokens: { input: 9, cached: 1, output: 2, isEstimated: true },
      cost: 0.5,
      currency: mark('EUR'),
      repairs: [{ reason: 'truncated', answers: 1, inputs: 1, calls: 1, cost: 0.1 }],
    },
  ];
  return checkPage(summary, inputs, costs);
}
