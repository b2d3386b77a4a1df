/** Sections of the report: the models' figures, known limits, curves of the training, and the data. */
import { studentOnSplits } from '../api/index.js';
import {
  countText,
  DataTable,
  FiguresTable,
  fixedText,
  KeyValues,
  LineChart,
  modelRows,
  orNotKnown,
  percentText,
  testSamplesText,
} from '../components/index.js';
import { historyCharts } from './history-charts.js';
import { knownLimits } from './known-limits.js';
import { isMissing, type ReportInput } from './report-input.js';

/** Greatest number of class names listed. */
const NAMES = 100;
/** Rows of the table below each curve. */
const CURVE_ROWS = 12;
/** Greatest number of rows in the table of fidelity. */
const REFERENCES = 16;

export function FiguresSection({ report }: ReportInput) {
  const rows = modelRows(report, report.labelledTestCount);
  const { student } = report;
  return (
    <section>
      <h2>Figures</h2>
      <FiguresTable caption={`Of ${testSamplesText(report)}`} rows={rows} />
      <p class="muted">
        In brackets: the 95 % interval of the accuracy (Wilson 1927), which says how far chance in
        the choice of test samples reaches. It says nothing of other data.
      </p>
      <DataTable
        caption="The student on each split"
        columns={[
          { title: 'Split', value: ({ split }) => split },
          {
            title: 'Labelled samples',
            value: ({ labelledCount }) => countText(labelledCount),
            isNumber: true,
          },
          {
            title: 'Accuracy',
            value: ({ figures }) => orNotKnown(figures.accuracy, percentText),
            isNumber: true,
          },
          {
            title: 'NLL, nats',
            value: ({ figures }) => orNotKnown(figures.nll, fixedText),
            isNumber: true,
          },
          {
            title: 'ECE',
            value: ({ figures }) => orNotKnown(figures.ece, fixedText),
            isNumber: true,
          },
          {
            title: 'Brier',
            value: ({ figures }) => orNotKnown(figures.brier, fixedText),
            isNumber: true,
          },
        ]}
        rows={studentOnSplits(report)}
      />
      {student.fidelity.length > 0 && <Fidelity rows={student.fidelity.slice(0, REFERENCES)} />}
    </section>
  );
}

type FidelityRow = ReportInput['report']['student']['fidelity'][number];

function Fidelity({ rows }: { readonly rows: readonly FidelityRow[] }) {
  return (
    <DataTable
      caption="How much the student is like the models that it learnt from"
      columns={[
        { title: 'Model', value: ({ to }) => to.replace(/^teacher\./, 'teacher ') },
        {
          title: 'Same class',
          value: ({ agreement }) => orNotKnown(agreement, percentText),
          isNumber: true,
        },
        {
          title: 'Same class where the model is wrong',
          value: ({ agreementWhereWrong }) => orNotKnown(agreementWhereWrong, percentText),
          isNumber: true,
        },
        { title: 'KL, nats', value: ({ kl }) => orNotKnown(kl, fixedText), isNumber: true },
      ]}
      rows={rows}
    />
  );
}

export function LimitsSection({ report }: ReportInput) {
  return (
    <section>
      <h2>Known limits</h2>
      <ul>
        {knownLimits(report).map((limit) => (
          <li key={limit}>{limit}</li>
        ))}
      </ul>
    </section>
  );
}

export function CurvesSection({ history }: ReportInput) {
  if (isMissing(history)) {
    return (
      <section>
        <h2>Training</h2>
        <p>Curves are left out: {history.missing}.</p>
      </section>
    );
  }
  return (
    <section>
      <h2>Training</h2>
      <div class="charts">
        {historyCharts(history).map((chart) => (
          <LineChart key={chart.title} xTitle="step" yTitle="" tableRows={CURVE_ROWS} {...chart} />
        ))}
      </div>
    </section>
  );
}

export function DataSection({ report }: ReportInput) {
  const { dataset, testSampleCount } = report;
  const { classNames, classCount } = dataset;
  const named = classNames.slice(0, NAMES).join(', ');
  const more = classNames.length > NAMES ? ', …' : '';
  return (
    <section>
      <h2>Data</h2>
      <KeyValues
        entries={[
          ['SHA-256 of the set', <code key="digest">{dataset.digest}</code>],
          [
            'Training samples',
            `${countText(dataset.trainCount)}, ${countText(dataset.labelledTrainCount)} of them with a label`,
          ],
          ['Validation samples', countText(dataset.validationCount)],
          ['Test samples', countText(testSampleCount)],
          ['Classes', `${countText(classCount)}${named === '' ? '' : `: ${named}${more}`}`],
        ]}
      />
    </section>
  );
}
