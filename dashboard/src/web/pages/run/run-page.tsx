/** The page of one run: a summary, then a section for each question of a user. */
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { HistoryFacts, RunFacts } from '../../../api/index.js';
import { CostTable, WorthTable } from '../../../components/index.js';
import { ChartGroup } from '../../charts/chart-group.js';
import { type ChartsOfRun, chartsOf } from '../../charts/curves.js';
import { openResource } from '../../data/resource.js';
import { openStream } from '../../data/stream.js';
import { announce } from '../../parts/announcing.js';
import { hasEnded } from '../../parts/run-parts.js';
import { shareText } from '../../parts/texts.js';
import { Awaited } from '../../parts/told.js';
import { ALL_RUNS, runsAddress } from '../../routing/routes.js';
import { PageTitle } from '../page-title.js';
import { stationsOf } from './flow.js';
import { FlowPicture } from './flow-picture.js';
import { Quality } from './quality.js';
import { Specification } from './specification.js';
import { Summary } from './summary.js';
import { Teachers } from './teachers.js';
import { type RunHistory, useHistory, useReport } from './use-history.js';
import { paceSentence } from './words.js';
import { ZoomForm } from './zoom-form.js';

const SUMMARY_HEIGHT = 240;
const CHARTS_HEIGHT = 620;
const WORTH_HEIGHT = 160;

export function RunPage({ id }: { readonly id: string }) {
  const run = useMemo(() => openResource<RunFacts>(), []);
  const ask = () => run.ask(`runs/${encodeURIComponent(id)}`);
  useEffect(() => {
    ask();
    const close = openStream(id, {
      run: run.set,
      gone: () => {
        // If the run never existed, the call reports that.
        if (run.told.value.is !== 'here') return;
        run.fail({ code: 'NOT_FOUND', message: `The run ${id} no longer exists: it was deleted.` });
      },
    });
    return () => {
      close();
      run.close();
    };
  }, [id]);
  const told = run.told.value;
  return (
    <>
      <PageTitle title={titleText(id, told.is === 'here' ? told.facts : null)}>
        <span class="muted">Run</span> {id}
      </PageTitle>
      <Awaited told={told} what={`the run ${id}`} height={SUMMARY_HEIGHT} onRetry={ask}>
        {(facts) => <Run run={facts} onChanged={run.set} />}
      </Awaited>
      {told.is === 'failed' && <a href={runsAddress(ALL_RUNS)}>All runs</a>}
    </>
  );
}

function titleText(id: string, run: RunFacts | null): string {
  if (run === null) return id;
  const progress =
    run.stepCount === 0 || hasEnded(run.state) ? '' : ` ${shareText(run.step / run.stepCount)}`;
  return `${id}: ${run.state.toLowerCase()}${progress}`;
}

interface RunProps {
  readonly run: RunFacts;
  readonly onChanged: (run: RunFacts) => void;
}

function Run({ run, onChanged }: RunProps) {
  const history = useHistory(run.id, !hasEnded(run.state));
  const report = useReport(run.id, run.state === 'SUCCEEDED');
  useStateSaid(run);
  const told = history.history.told.value;
  // A run that failed in the queue, for one. Its teachers are of interest only if something is wrong with them.
  const tookNoStep = hasEnded(run.state) && run.step === 0;
  const isAboutTeachers = tookNoStep
    ? run.teachers.some(({ problems }) => problems.length > 0)
    : run.teachers.length > 0;
  return (
    <>
      <Summary run={run} onChanged={onChanged} />
      <Section question="Is it learning?">
        {tookNoStep ? (
          <p class="muted">The run ended before its first step.</p>
        ) : (
          <>
            <ZoomForm zoom={history.zoom} stepCount={run.stepCount} />
            <Charts of={history} part="learning" />
          </>
        )}
      </Section>
      {!tookNoStep && (
        <Section question="Why is it slow?">
          <p class="answer">{paceSentence(run)}</p>
          <FlowPicture stations={stationsOf(run, told.is === 'here' ? told.facts : null)} />
          <Charts of={history} part="speed" />
        </Section>
      )}
      {isAboutTeachers && (
        <Section question="Which teacher is bad?">
          <Teachers teachers={run.teachers} />
          {!tookNoStep && <Charts of={history} part="teachers" />}
        </Section>
      )}
      <Section question="Is the student good enough?">
        {run.state === 'SUCCEEDED' ? (
          <Quality id={run.id} report={report} />
        ) : (
          <p class="muted">
            {hasEnded(run.state)
              ? 'That is not known: the test split is measured once, at the end of a run that succeeds.'
              : 'That is known when the run has succeeded: its test split is measured once, at the end.'}
          </p>
        )}
      </Section>
      <Section question="What did it cost?">
        <CostTable
          studentDeviceSeconds={run.studentDeviceSeconds}
          teachers={run.teachers.map(({ name, deviceSeconds }) => ({
            name,
            deviceSeconds,
            sampleCount: null,
          }))}
        />
        {run.state === 'SUCCEEDED' && run.teachers.length > 1 && (
          <Awaited
            told={report.told}
            what="what the teachers are worth"
            height={WORTH_HEIGHT}
            onRetry={report.ask}
          >
            {(facts) => <WorthTable report={facts} />}
          </Awaited>
        )}
      </Section>
      <Section question="What is it made of?">
        <Specification run={run} />
      </Section>
    </>
  );
}

/** Announces a change of the run's state to screen readers. */
function useStateSaid({ id, state }: RunFacts): void {
  const before = useRef(state);
  useEffect(() => {
    if (before.current !== state) announce(`${id} is now ${state.toLowerCase()}`);
    before.current = state;
  }, [id, state]);
}

interface ChartsProps {
  readonly of: RunHistory;
  readonly part: keyof ChartsOfRun;
}

function Charts({ of: { history, zoom, cursor, ask }, part }: ChartsProps) {
  return (
    <Awaited told={history.told.value} what="its history" height={CHARTS_HEIGHT} onRetry={ask}>
      {(facts: HistoryFacts) => (
        <ChartGroup
          about={part}
          charts={chartsOf(facts)[part]}
          points={facts.points}
          cursor={cursor}
          onZoom={(firstStep, endStep) => {
            zoom.value = { firstStep, endStep };
          }}
        />
      )}
    </Awaited>
  );
}

interface SectionProps {
  readonly question: string;
  readonly children: ComponentChildren;
}

/** A part of the page: a question, and the content that answers it. */
function Section({ question, children }: SectionProps) {
  return (
    <section class="question">
      <h2>{question}</h2>
      {children}
    </section>
  );
}
