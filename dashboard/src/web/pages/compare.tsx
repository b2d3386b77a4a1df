/** The page that compares runs side by side. */
import { useEffect, useMemo } from 'preact/hooks';
import {
  type ComparedFigures,
  type ComparedPair,
  type ComparisonFacts,
  isByChance,
} from '../../api/index.js';
import {
  bytesText,
  DataTable,
  durationText,
  percentText,
  signedText,
} from '../../components/index.js';
import { openResource } from '../data/resource.js';
import { RunLink, StateBadge } from '../parts/run-parts.js';
import { numberText } from '../parts/texts.js';
import { Awaited } from '../parts/told.js';
import { ALL_RUNS, compareAddress, queryText, runsAddress } from '../routing/routes.js';
import { Differences } from './differences.js';
import { PageTitle } from './page-title.js';

export function ComparePage({ runs }: { readonly runs: readonly string[] }) {
  const comparison = useMemo(() => openResource<ComparisonFacts>(), []);
  const address = `compare${queryText(runs.map((run) => ['run', run] as const))}`;
  const ask = () => comparison.ask(address);
  useEffect(() => {
    if (runs.length > 0) ask();
  }, [address]);
  useEffect(() => () => comparison.close(), [comparison]);
  return (
    <>
      <PageTitle title="Compare runs">Compare</PageTitle>
      {runs.length < 2 ? (
        <p class="empty">
          Choose two runs or more <a href={runsAddress(ALL_RUNS)}>in the list of runs</a> by their
          boxes.
        </p>
      ) : (
        <Awaited told={comparison.told.value} what="the comparison" height={500} onRetry={ask}>
          {(facts) => <Comparison facts={facts} />}
        </Awaited>
      )}
    </>
  );
}

function Comparison({ facts }: { readonly facts: ComparisonFacts }) {
  const { notCompared, pairs, runs } = facts;
  return (
    <>
      <SideBySide facts={facts} />
      <section>
        <h2>Is the difference real?</h2>
        {notCompared !== null && <p class="answer warn">{notCompared}</p>}
        {pairs.length > 0 && (
          <>
            <Differences pairs={pairs} reference={runs[0]?.id ?? ''} />
            <DataTable<ComparedPair>
              caption="Differences of accuracies on the same test samples, with 95 % intervals"
              columns={[
                { title: 'Run', value: ({ run }) => <RunLink id={run} /> },
                { title: 'Against', value: ({ reference }) => reference },
                {
                  title: 'Points',
                  value: ({ difference }) => pointsText(difference),
                  isNumber: true,
                },
                {
                  title: '95 % interval',
                  value: ({ low, high }) => `${pointsText(low)} to ${pointsText(high)}`,
                  isNumber: true,
                },
                { title: 'p (McNemar, Holm)', value: ({ p }) => numberText(p), isNumber: true },
                { title: 'Real', value: realText },
              ]}
              rows={pairs}
            />
          </>
        )}
      </section>
    </>
  );
}

function pointsText(difference: number): string {
  const text = signedText(difference * 100, 2);
  return Number(text) > 0 ? `+${text}` : text;
}

function realText({ difference, p }: ComparedPair): string {
  if (isByChance(p)) return 'may be chance';
  return difference < 0 ? 'worse' : 'better';
}

interface Line {
  readonly name: string;
  readonly values: readonly preact.ComponentChildren[];
}

function SideBySide({ facts }: { readonly facts: ComparisonFacts }) {
  const { runs, figures } = facts;
  const line = (name: string, text: (figures: ComparedFigures) => string): Line => ({
    name,
    values: figures.map((of) => (of === null ? '–' : text(of))),
  });
  const lines: Line[] = [
    { name: 'State', values: runs.map(({ id, state }) => <StateBadge key={id} state={state} />) },
    line('Accuracy', ({ accuracy }) => (accuracy === null ? '–' : percentText(accuracy, 2))),
    line('NLL, nats', ({ nll }) => numberText(nll)),
    line('ECE', ({ ece }) => numberText(ece)),
    line('Size', ({ bytes }) => bytesText(bytes)),
    line('Latency of one sample', ({ latencyBatch1Ms }) => `${numberText(latencyBatch1Ms)} ms`),
    line('Took', ({ wallSeconds }) => durationText(wallSeconds)),
    line('Device time', ({ deviceSeconds }) => durationText(deviceSeconds)),
    {
      name: 'Change',
      values: runs.map(({ id }) => (
        <a key={id} href={compareAddress(runs.filter((run) => run.id !== id).map((run) => run.id))}>
          leave out<span class="unseen"> {id}</span>
        </a>
      )),
    },
  ];
  return (
    <DataTable<Line>
      caption="Figures of the test split; the first run is what the others are compared with"
      columns={[
        { title: 'Figure', value: ({ name }) => name },
        ...runs.map(({ id }, index) => ({
          title: id,
          value: ({ values }: Line) => values[index],
          isNumber: true,
        })),
      ]}
      rows={lines}
    />
  );
}
