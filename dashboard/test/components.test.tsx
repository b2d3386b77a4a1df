/** Components are rendered to HTML texts. */
import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import {
  bytesText,
  ClassBars,
  ConfusedPairs,
  ConfusionMatrix,
  Examples,
  FiguresTable,
  LineChart,
  lossText,
  ReliabilityDiagram,
  TeachersTable,
  wilsonInterval,
} from '../src/components/index.js';
import { linearScale } from '../src/components/scale.js';

const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`;

describe('bytesText', () => {
  it('has three digits, also when it is rounded up to the next unit', () => {
    expect([999, 9_999, 999_499, 999_500].map(bytesText)).toEqual([
      '999 B',
      '10.0 kB',
      '999 kB',
      '1.00 MB',
    ]);
  });
});

describe('lossText', () => {
  it('is in points, and has no sign if it is rounded to 0', () => {
    const loss = { mean: -0.00001, low: -0.0042, high: 0.00315 };
    expect(lossText(loss)).toBe('0.00 points (−0.42 to 0.32)');
  });
});

describe('wilsonInterval', () => {
  it('equals published examples', () => {
    // Newcombe 1998, Statistics in Medicine 17, table I, method 3: r of n.
    const of = (r: number, n: number) => {
      const { low, high } = wilsonInterval(r / n, n);
      return [low.toFixed(4), high.toFixed(4)];
    };
    expect(of(81, 263)).toEqual(['0.2553', '0.3662']);
    expect(of(15, 148)).toEqual(['0.0624', '0.1605']);
    expect(of(0, 20)).toEqual(['0.0000', '0.1611']);
    expect(of(1, 29)).toEqual(['0.0061', '0.1718']);
  });

  it('is from 0 to 1 for no samples', () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });
});

describe('linearScale', () => {
  it('has round ticks', () => {
    expect(linearScale(0, 1, 5).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearScale(0.13, 2.4, 5).ticks).toEqual([0.5, 1, 1.5, 2]);
    expect(linearScale(3, 100_000, 6).ticks).toEqual([20_000, 40_000, 60_000, 80_000, 100_000]);
  });

  it('puts a single number in the middle, and a single 0 at the foot', () => {
    expect(linearScale(2, 2, 4).place(2)).toBe(0.5);
    // A single 0 is at the foot.
    expect(linearScale(0, 0, 5).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearScale(0, 0, 5).place(0)).toBe(0);
  });
});

describe('ClassBars', () => {
  it('has bars as long as their shares', () => {
    const html = renderToString(
      <ClassBars
        caption="Recall"
        valueTitle="Student"
        otherTitle="Ensemble"
        rows={[{ name: 'rose', value: 0.25, other: 0.5 }]}
      />,
    );
    expect(html).toContain('width:25.0%');
    expect(html).toContain('left:50.0%');
  });
});

describe('LineChart', () => {
  const draw = (values: readonly (number | null)[]) =>
    renderToString(
      <LineChart
        title="Loss"
        xTitle="step"
        yTitle="nats"
        x={values.map((_, index) => index)}
        series={[{ name: 'loss', values }]}
      />,
    );

  it('describes the first and last value of its curve in words', () => {
    expect(draw([2.5, 1, 0.25])).toContain('<desc>loss from 2.5 to 0.25</desc>');
  });

  it('leaves a gap at unknown values', () => {
    const d = /class="line line-0" d="([^"]*)"/.exec(draw([1, 2, null, 3, Number.NaN, 4, 5]))?.[1];
    expect(d?.match(/M/g)).toHaveLength(3);
    expect(d).toContain('h.1');
    expect(draw([1, null])).not.toContain('NaN');
  });

  it('has a table of at most 24 rows with the last point', () => {
    const html = draw(Array.from({ length: 500 }, (_, index) => index));
    expect(html.match(/<tr/g)).toHaveLength(24 + 1);
    expect(html).toContain('24 of 500 points');
    expect(html).toContain('<th scope="row">499</th>');
  });

  it('says that nothing is known of an empty curve', () => {
    expect(draw([null, Number.NaN])).toContain('nothing is known');
    expect(draw([])).toContain('nothing is known');
  });
});

describe('FiguresTable', () => {
  it('shows the interval of the accuracy, and no column of unknown figures', () => {
    const html = renderToString(
      <FiguresTable
        caption="Figures"
        rows={[
          {
            name: 'student',
            accuracy: 0.9,
            sampleCount: 1000,
            nll: 0.31,
            ece: null,
            brier: null,
            agreement: null,
            parameters: 1_234_567,
            bytes: 5_000_000,
            latencyMs: 0.5,
          },
        ]}
      />,
    );
    expect(html).toContain('90.0 % (88.0 – 91.7)');
    expect(html).toContain('1,234,567');
    expect(html).toContain('5.00 MB');
    expect(html).not.toContain('ECE');
  });
});

describe('components of findings', () => {
  it('ConfusionMatrix shades right answers and errors differently', () => {
    const html = renderToString(
      <ConfusionMatrix
        model="the student"
        confusion={{
          classes: [0, 2],
          counts: [
            [9, 1],
            [0, 4],
          ],
        }}
        classNames={['cat', 'cow', 'dog']}
      />,
    );
    expect(html).toContain('<td class="r8">9</td>');
    expect(html).toContain('<td class="h3">1</td>');
    expect(html).toContain('<td></td>');
    expect(html).toContain('2 of 3 classes');
    expect(html).toContain('<th scope="row">dog</th>');
  });

  it('ReliabilityDiagram says whether a model is too sure', () => {
    const bins = [
      { count: 0, confidence: null, accuracy: null },
      { count: 10, confidence: 0.9, accuracy: 0.8 },
    ];
    const html = renderToString(<ReliabilityDiagram model="the student" bins={bins} />);
    expect(html).toContain('10.0 points surer than it is right');
    expect(html.match(/<rect/g)).toHaveLength(1);
  });

  it('Examples shows samples of every kind', () => {
    const html = renderToString(
      <Examples
        classNames={['cat', 'dog']}
        examples={[
          {
            row: 7,
            label: 1,
            divergence: 1.5,
            outputs: [{ model: 'teacher.wide', top: [{ class: 0, probability: 0.6 }] }],
            shown: { kind: 'picture', png: 'AAAA', width: 28, height: 28 },
          },
          { row: 8, label: -1, divergence: null, outputs: [], shown: { kind: 'text', text: 'hm' } },
          {
            row: 9,
            label: 0,
            divergence: 0,
            outputs: [],
            shown: { kind: 'numbers', values: [1, 0.5], count: 90 },
          },
          {
            row: 10,
            label: 0,
            divergence: 0,
            outputs: [],
            shown: {
              kind: 'row',
              cells: [
                { column: 'age', value: 41 },
                { column: 'zip', value: 12345 },
                { column: 'width', value: 0.1 + 0.2 },
                { column: '<b>', value: '<i>' },
                { column: 'gone', value: null },
              ],
              count: 9,
            },
          },
        ]}
      />,
    );
    expect(html).toContain('src="data:image/png;base64,AAAA" width="84" height="84"');
    expect(html).toContain('<dt>teacher wide</dt><dd class="wrong">cat (60 %)</dd>');
    expect(html).toContain('No label');
    expect(html).toContain('<blockquote class="sample">hm</blockquote>');
    expect(html).toContain('1, 0.5');
    expect(html).toContain('<dt>age</dt><dd>41</dd>');
    expect(html).toContain('<dt>zip</dt><dd>12345</dd>');
    expect(html).toContain('<dt>width</dt><dd>0.3</dd>');
    expect(html).toContain('<dt>&lt;b></dt><dd>&lt;i></dd></div><div><dt>gone</dt><dd>–</dd>');
    expect(html).toContain('… 9 columns');
  });
});

it('all components show markup from outside as text', () => {
  const html = renderToString(
    <>
      <LineChart
        title={HOSTILE}
        xTitle={HOSTILE}
        yTitle={HOSTILE}
        x={[0, 1]}
        series={[
          { name: HOSTILE, values: [1, 2] },
          { name: `2${HOSTILE}`, values: [1, 2] },
        ]}
      />
      <ClassBars caption={HOSTILE} valueTitle={HOSTILE} rows={[{ name: HOSTILE, value: 0.5 }]} />
      <ConfusionMatrix
        model={HOSTILE}
        confusion={{ classes: [0], counts: [[1]] }}
        classNames={[HOSTILE]}
      />
      <ConfusedPairs
        model={HOSTILE}
        confused={[{ label: 0, output: 0, count: 1 }]}
        classNames={[HOSTILE]}
        sampleCount={1}
      />
      <Examples
        classNames={[HOSTILE]}
        examples={[
          {
            row: 0,
            label: 0,
            divergence: 0,
            outputs: [{ model: HOSTILE, top: [{ class: 0, probability: 1 }] }],
            shown: { kind: 'text', text: HOSTILE },
          },
          {
            row: 1,
            label: 0,
            divergence: 0,
            outputs: [],
            shown: { kind: 'picture', png: HOSTILE, width: 1, height: 1 },
          },
        ]}
      />
      <TeachersTable
        teachers={[
          {
            name: HOSTILE,
            share: 1,
            disagreement: null,
            latencyMs: 12,
            deviceSeconds: 3,
            problems: [HOSTILE],
          },
        ]}
      />
    </>,
  );
  expect(html).not.toContain('<script');
  expect(html).not.toContain('<img src=x');
  expect(html.match(/<img/g)).toHaveLength(1);
  expect(html).toContain('&lt;script>');
});
