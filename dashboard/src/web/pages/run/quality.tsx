/** Whether the student is good enough, once its run has succeeded. */
import { useEffect, useMemo } from 'preact/hooks';
import type { Findings, ModelFindings, Report } from '../../../api/index.js';
import {
  ConfusedPairs,
  ConfusionMatrix,
  Examples,
  FiguresTable,
  ReliabilityDiagram,
} from '../../../components/index.js';
import { openResource } from '../../data/resource.js';
import { Awaited } from '../../parts/told.js';
import { figuresRows, verdict } from './verdict.js';

const HEIGHT = 700;

export function Quality({ id }: { readonly id: string }) {
  const report = useMemo(() => openResource<Report>(), []);
  const findings = useMemo(() => openResource<Findings>(), []);
  const run = `runs/${encodeURIComponent(id)}`;
  const askReport = () => report.ask(`${run}/report`);
  const askFindings = () => findings.ask(`${run}/findings`);
  useEffect(() => {
    askReport();
    askFindings();
    return () => {
      report.close();
      findings.close();
    };
  }, [id]);
  return (
    <>
      <Awaited told={report.told.value} what="the report" height={300} onRetry={askReport}>
        {(facts) => (
          <>
            <p class="answer">{verdict(facts)}</p>
            <FiguresTable caption={testCaption(facts)} rows={figuresRows(facts)} />
          </>
        )}
      </Awaited>
      <Awaited
        told={findings.told.value}
        what="what it gets wrong"
        height={HEIGHT}
        onRetry={askFindings}
      >
        {(facts) => <Found findings={facts} />}
      </Awaited>
    </>
  );
}

function testCaption({ testSampleCount }: Report): string {
  return `Figures of ${testSampleCount.toLocaleString('en-US')} test samples`;
}

function Found({ findings }: { readonly findings: Findings }) {
  const { classNames, models, examples } = findings;
  const student = models.find(({ name }) => name === 'student');
  return (
    <>
      {student !== undefined && <FoundOfStudent {...{ student, classNames }} />}
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
  readonly classNames: readonly string[];
}

function FoundOfStudent({ student, classNames }: StudentProps) {
  const { confused, confusion, reliability } = student;
  return (
    <div class="side-by-side">
      <div>
        <ConfusedPairs model="the student" {...{ confused, classNames }} />
        {reliability !== null && <ReliabilityDiagram model="the student" bins={reliability} />}
      </div>
      <ConfusionMatrix model="the student" {...{ confusion, classNames }} />
    </div>
  );
}

function examplesTitle({ examples }: Findings): string {
  return examples.some(({ divergence }) => divergence !== null)
    ? 'Samples on which student and ensemble differ most'
    : 'Samples on which the student is surest and wrong';
}
