/**
 * The report as one file of HTML that needs no script and loads no other file: for a review, a mail, an archive.
 *
 * The order is: the result, its origin, the figures, then the details. Each section limits its own size; pictures get
 * the room that is left.
 */
import { readFileSync } from 'node:fs';
import { renderToString } from 'preact-render-to-string';
import { dateText } from '../components/index.js';
import { CurvesSection, DataSection, FiguresSection, LimitsSection } from './figures-sections.js';
import { FindingsSections } from './findings-sections.js';
import { isMissing, type ReportInput } from './report-input.js';
import { ReproductionSection } from './reproduction-section.js';
import { originSentence, summarySentences } from './summary.js';
import { CostSection, TeachersSection } from './teachers-sections.js';

/** Greatest size of the file: small enough for a mail. */
const MAX_BYTES = 300_000;

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const STYLE = ['components', 'report']
  .map((name) => readFileSync(new URL(`../../style/${name}.css`, import.meta.url), 'utf8'))
  .join('\n');

/** @returns the whole file; pictures are left out as needed to stay below 300 kB. */
export function reportPage(input: ReportInput): string {
  const withoutPictures = Buffer.byteLength(pageOf(withEmptyPictures(input), 0));
  return pageOf(input, MAX_BYTES - withoutPictures);
}

function pageOf(input: ReportInput, pictureRoom: number): string {
  const title = `Report of ${input.report.runId}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${renderToString(<title>{title}</title>)}
<style>
${STYLE}</style>
</head>
<body>
${renderToString(<Content title={title} pictureRoom={pictureRoom} {...input} />)}
</body>
</html>
`;
}

/** The input with empty pictures: the page then shows how much room the rest takes. */
function withEmptyPictures(input: ReportInput): ReportInput {
  const { findings } = input;
  if (isMissing(findings)) return input;
  const examples = findings.examples.map(({ shown, ...example }) => ({
    ...example,
    shown: shown.kind === 'picture' ? { ...shown, png: '' } : shown,
  }));
  return { ...input, findings: { ...findings, examples } };
}

interface ContentProps extends ReportInput {
  readonly title: string;
  readonly pictureRoom: number;
}

function Content({ title, pictureRoom, ...input }: ContentProps) {
  const { report, findings, endedAtMs } = input;
  return (
    <main>
      <header>
        <h1>{title}</h1>
        <p class="muted">
          {report.runKind}, attempt {report.attempt}
          {endedAtMs > 0 && `, ended ${dateText(endedAtMs)}`}
        </p>
        <p class="summary">{summarySentences(input).join(' ')}</p>
        <p>{originSentence(report)}</p>
      </header>
      <FiguresSection {...input} />
      <LimitsSection {...input} />
      <CurvesSection {...input} />
      {isMissing(findings) ? (
        <section>
          <h2>Errors and examples</h2>
          <p>Left out: {findings.missing}.</p>
        </section>
      ) : (
        <FindingsSections report={report} findings={findings} pictureRoom={pictureRoom} />
      )}
      <TeachersSection {...input} />
      <DataSection {...input} />
      <CostSection {...input} />
      <ReproductionSection {...input} />
    </main>
  );
}
