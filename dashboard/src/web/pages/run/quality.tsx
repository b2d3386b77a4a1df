/** The quality of the student, once its run has succeeded. */
import { useEffect, useMemo } from 'preact/hooks';
import type { Findings, ModelFindings, Report } from '../../../api/index.js';
import {
  ClassRecalls,
  ConfusedPairs,
  ConfusionMatrix,
  Examples,
  FiguresTable,
  modelRows,
  ReliabilityDiagram,
  testSamplesText,
} from '../../../components/index.js';
import { openResource } from '../../data/resource.js';
import { Awaited } from '../../parts/told.js';
import type { RunReport } from './use-history.js';
import { verdict } from './verdict.js';

const REPORT_HEIGHT = 300;
const FINDINGS_HEIGHT = 700;
/** Number of classes with a bar: those with the lowest recall. */
const CLASSES = 10;

interface QualityProps {
  readonly id: string;
  readonly report: RunReport;
}

export function Quality({ id, report }: QualityProps) {
  const findings = useMemo(() => openResource<Findings>(), []);
  const askFindings = () => findings.ask(`runs/${encodeURIComponent(id)}/findings`);
  useEffect(() => {
    askFindings();
    return () => findings.close();
  }, [id]);
  const found = findings.told.value;
  return (
    <>
      <Awaited told={report.told} what="the report" height={REPORT_HEIGHT} onRetry={report.ask}>
        {(facts) => <Figures report={facts} />}
      </Awaited>
      <Awaited
        told={found}
        what="what it gets wrong"
        height={FINDINGS_HEIGHT}
        onRetry={askFindings}
      >
        {(facts) => <Found findings={facts} />}
      </Awaited>
    </>
  );
}

function Figures({ report }: { readonly report: Report }) {
  const rows = modelRows(report, report.labelledTestCount);
  return (
    <>
      <p class="answer">{verdict(report)}</p>
      <FiguresTable caption={`Figures of ${testSamplesText(report)}`} rows={rows} />
      <ClassRecalls report={report} most={CLASSES} />
    </>
  );
}

function Found({ findings }: { readonly findings: Findings }) {
  const { classNames, models, examples, sampleCount } = findings;
  const [student, ensemble] = ['student', 'ensemble'].map((own) =>
    models.find(({ name }) => name === own),
  );
  return (
    <>
      {student !== undefined && (
        <FoundOfStudent {...{ student, ensemble, classNames, sampleCount }} />
      )}
      {examples.length > 0 && (
        <>
          <h3>{examplesTitle(findings)}</h3>
          <Examples examples={examples} classNames={classNames} />
        </>
      )}
    </>
  );
}

interface StudentProps {
  readonly student: ModelFindings;
  readonly ensemble: ModelFindings | undefined;
  readonly classNames: readonly string[];
  readonly sampleCount: number;
}

function FoundOfStudent({ student, ensemble, classNames, sampleCount }: StudentProps) {
  const { confused, confusion } = student;
  return (
    <>
      <div class="side-by-side">
        <ConfusedPairs model="the student" {...{ confused, classNames, sampleCount }} />
        <ConfusionMatrix model="the student" {...{ confusion, classNames }} />
      </div>
      <div class="side-by-side">
        <Reliability model="the student" findings={student} />
        <Reliability model="the ensemble" findings={ensemble} />
      </div>
    </>
  );
}

interface ReliabilityProps {
  readonly model: string;
  readonly findings: ModelFindings | undefined;
}

function Reliability({ model, findings }: ReliabilityProps) {
  const bins = findings?.reliability ?? null;
  return bins === null ? null : <ReliabilityDiagram model={model} bins={bins} />;
}

function examplesTitle({ examples }: Findings): string {
  return examples.some(({ divergence }) => divergence !== null)
    ? 'Samples on which student and ensemble differ most'
    : 'Samples on which the student is surest and wrong';
}
