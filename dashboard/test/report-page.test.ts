/** Pages of reports are written and checked as text. */
import { describe, expect, it } from 'vitest';
import { reportPage } from '../src/report/index.js';
import { reportInput } from './report-inputs.js';

const hostile = (text: string) => `"'><script>alert(1)</script><img src=x onerror=alert(2)>${text}`;

describe('reportPage', () => {
  it('has the result first, with its interval', () => {
    const page = reportPage(reportInput());
    const summary = /<p class="summary">(.*?)<\/p>/.exec(page)?.[1];
    expect(summary).toMatchInlineSnapshot(
      `"The student is right on 94.2 % (93.1 – 95.2) of 1,900 test samples. That is 14.2 points more than without teachers (80.0 %), which closes 89 % of the gap to the ensemble. It has 24,790 parameters in 99.2 kB and answers one sample in 0.50 ms. The run took 3 min 7 s and 3 min 20 s of device time, 1 min 40 s of it the teachers'."`,
    );
    expect(page).toContain(
      'A student distilled from the teachers teacher-0, teacher-1, combined by the rule arithmetic, on 7,000 training samples, 200 of them with a label',
    );
    expect(page).toContain('<dt>Samples per second</dt><dd>1,716</dd>');
  });

  it('says that a student is worse than without teachers', () => {
    const input = reportInput();
    const { student, studentWithoutTeachers } = input.report;
    if (studentWithoutTeachers === null) throw new Error('a baseline');
    const page = reportPage({
      ...input,
      report: {
        ...input.report,
        student: { ...student, accuracy: 0.75 },
        studentWithoutTeachers: { ...studentWithoutTeachers, accuracy: 0.8 },
        gapClosed: -0.3,
      },
    });
    expect(page).toContain('That is 5.0 points less than without teachers (80.0 %).');
  });

  it('says whether a gain or a loss may be chance', () => {
    const input = reportInput();
    const page = (mean: number, p: number) => {
      const accuracy = { mean, low: mean - 0.1, high: mean + 0.1 };
      const teachersGain = { accuracy, onlyWith: 9, onlyWithout: 9, p };
      const student = { ...input.report.student, accuracy: 0.8 + mean };
      return reportPage({ ...input, report: { ...input.report, student, teachersGain } });
    };
    const chance = "may be chance (McNemar's exact test, p 0.81)";
    const worse = 'The student is worse than without teachers.';
    const isSaid = (html: string) =>
      [chance, worse, ', which may be chance.'].map((text) => html.includes(text));
    expect(isSaid(page(0.01, 0.81))).toEqual([true, false, true]);
    expect(isSaid(page(-0.01, 0.81))).toEqual([true, false, true]);
    expect(isSaid(page(-0.01, 0.04))).toEqual([false, true, false]);
    expect(isSaid(page(0.01, 0.04))).toEqual([false, false, false]);
  });

  it('says that one sample shows little, and that without labels no error is known', () => {
    const input = reportInput();
    const { report, findings } = input;
    if ('missing' in findings || report.studentWithoutTeachers === null) throw new Error('found');
    const student = { ...report.student, accuracy: 1 };
    const studentWithoutTeachers = { ...report.studentWithoutTeachers, accuracy: 1 };
    const counts = { testSampleCount: 1, labelledTestCount: 1 };
    const page = reportPage({
      ...input,
      report: { ...report, ...counts, student, studentWithoutTeachers },
    });
    expect(page).toContain('of 1 test sample. That is as often as without teachers. It has');
    expect(page).toContain(
      'only 1 labelled sample: on other samples of the same kind the accuracy may be from 20.7 % to 100.0 %.',
    );
    const models = findings.models.map((model) => ({ ...model, confused: [] }));
    const pageOf = (sampleCount: number) =>
      reportPage({ ...input, findings: { ...findings, models, sampleCount } });
    expect(pageOf(0)).toContain('No test sample has a label: no error is known.');
    expect(pageOf(0)).not.toContain('No class is taken for another');
    expect(pageOf(5)).toContain('No class is taken for another');
  });

  it('lists the known limits of a result', () => {
    const page = reportPage(reportInput());
    for (const limit of [
      'Of 2,000 test samples, 1,900 of them with a label',
      '100 of 2,000 test samples have no label',
      '3 samples of the test split are in the training split too',
      'teacher teacher-0 is no better than chance.',
      'a worker was quarantined.',
      'The same run need not give the same bits: workers differ.',
    ]) {
      expect(page).toContain(limit);
    }
    const limits = page.slice(page.indexOf('Known limits'));
    expect(limits.match(/ chance\./g)).toHaveLength(1);
  });

  it('says among the known limits that the student finds one class alone', () => {
    const input = reportInput();
    const { report } = input;
    const limitsOf = (perClassRecall: (number | null)[]) => {
      const student = { ...report.student, perClassRecall };
      const page = reportPage({ ...input, report: { ...report, student } });
      return page.slice(page.indexOf('Known limits'), page.indexOf('Training</h2>'));
    };
    const alone = 'the student finds class class-1 alone: always to answer that would be right as';
    const weak = 'less than half as often as it is right overall';
    expect(limitsOf([0, 1, 0])).toContain(alone);
    expect(limitsOf([0, 1, 0])).not.toContain(weak);
    expect(limitsOf([0, 1, 0.1])).not.toContain(alone);
    expect(limitsOf([0, 1, 0.1])).toContain(weak);
    expect(limitsOf([null, 1, null])).not.toContain(alone);
  });

  it('has cost and worth of each teacher, and names a teacher that could be dropped', () => {
    const page = reportPage(reportInput());
    expect(page).toContain('Teachers: cost, and worth to the ensemble on 1,900 test samples');
    const row = (name: string) => {
      const rows = page.match(new RegExp(`>${name}</th>.*?</tr>`, 'g')) ?? [];
      const own = rows.find((text) => text.includes('EUR')) ?? '';
      return [...own.matchAll(/<td[^>]*>([^<]+)</g)].map(([, text]) => text);
    };
    const cost = ['50 s', '50.0 %', '900', '450', '4.50 EUR'];
    const [worse, better] = ['2.00 (1.60 to 2.40)', '−1.00 (−1.40 to −0.60)'];
    expect(row('teacher-0')).toEqual([...cost, '94.00 %', worse, '0.0200']);
    expect(row('teacher-1')).toEqual([...cost, '97.00 %', better, '−0.0100']);
    expect(page).toContain(
      'Teacher teacher-1 could be dropped at a loss of −1.00 points (−1.40 to −0.60): the ensemble is better without it. It cost 50 s of device time',
    );
    expect(page).not.toContain('Teacher teacher-0 could be dropped');
    // One teacher has no worth to an ensemble.
    expect(reportPage(reportInput({ teachers: 1 }))).not.toContain('Teachers: cost, and worth');
  });

  it('says why the worth of teachers is not known', () => {
    const { report, ...input } = reportInput();
    const page = (worth: typeof report.worth) =>
      reportPage({ ...input, report: { ...report, worth } });
    expect(page(null)).toContain('the split has too many samples and classes');
    expect(page({ rule: 'arithmetic', test: null, validation: null })).toContain('has no labels');
  });

  it('loads nothing and has no script', () => {
    const page = reportPage(reportInput());
    expect(page).toContain(
      `content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`,
    );
    expect(page).not.toMatch(/<script|<link|<iframe|<object|@import|url\(|https?:/);
    expect(page.match(/src="(?!data:image\/png;base64,)/g)).toBeNull();
  });

  it('says why findings, curves and device time are left out', () => {
    const page = reportPage({
      ...reportInput(),
      findings: { missing: 'the set is gone' },
      history: { missing: 'no step was reported' },
      cost: { missing: 'an old coordinator' },
    });
    expect(page).toContain('Left out: the set is gone.');
    expect(page).toContain('Curves are left out: no step was reported.');
    expect(page).toContain('Device time is left out: an old coordinator.');
    expect(page).not.toContain('<h2>Reliability</h2>');
  });

  it('is below 300 kB for 1,000 classes, 10 teachers and 512 points', () => {
    const page = reportPage(
      reportInput(
        { classes: 1_000, teachers: 10, examples: 24, points: 512, picture: 60_000 },
        // The greatest length of names.
        (text) => (text.startsWith('kind:') ? text.repeat(3_000) : text.padEnd(60, 'n')),
      ),
    );
    expect(Buffer.byteLength(page)).toBeLessThan(300_000);
    expect(page).toContain('40 of 1,000 classes');
    expect(page).toContain('has all.');
  });

  it('shows markup from outside as text', () => {
    const plain = reportPage(reportInput());
    const page = reportPage(reportInput({}, hostile));
    // The same elements as without markup in the texts.
    expect(elements(page)).toEqual(elements(plain));
    expect(page).toContain('&lt;script>alert(1)');
  });
});

/** Names of all elements, in order. */
function elements(page: string): string[] {
  return [...page.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, name]) => name ?? '');
}
