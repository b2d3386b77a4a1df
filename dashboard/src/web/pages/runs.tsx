/** The page of all runs, in pages, kept up to date. */
import { type Signal, useComputed, useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { RUN_STATES, type RunPage, type RunRow, type RunState } from '../../api/index.js';
import { durationText, orNotKnown, percentText, pluralText } from '../../components/index.js';
import { openResource } from '../data/resource.js';
import { openStream } from '../data/stream.js';
import { Moment } from '../parts/moment.js';
import { hasEnded, Labels, Progress, RunLink, StateBadge } from '../parts/run-parts.js';
import { numberText } from '../parts/texts.js';
import { Awaited } from '../parts/told.js';
import { goTo } from '../routing/location.js';
import {
  ALL_RUNS,
  compareAddress,
  queryText,
  type RunFilter,
  runsAddress,
} from '../routing/routes.js';
import { PageTitle } from './page-title.js';

/** Shortest time between two calls for a list that changes. */
const AGAIN_MS = 2_000;

export function RunsPage({ filter }: { readonly filter: RunFilter }) {
  const list = useMemo(() => openResource<RunPage>(), []);
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const address = `runs${query(filter)}`;
  const ask = () => list.ask(address);
  useEffect(ask, [address]);
  useEffect(() => followRuns(list, address), [list, address]);
  useEffect(() => () => list.close(), [list]);
  return (
    <>
      <PageTitle title="Runs">Runs</PageTitle>
      <Filters filter={filter} counts={countsOf(list.told.value)} />
      <Awaited told={list.told.value} what="the runs" height={600} onRetry={ask}>
        {(page) => <Runs page={page} filter={filter} chosen={chosen} />}
      </Awaited>
    </>
  );
}

function query({ states, team, text, from }: RunFilter): string {
  return queryText([
    ...states.map((state) => ['state', state] as const),
    ['team', team],
    ['text', text],
    ['page', from ?? ''],
  ]);
}

type RunList = ReturnType<typeof openResource<RunPage>>;

/** Keeps the shown rows up to date. After a change of the list's order or counts, asks for the list again. */
function followRuns(list: RunList, address: string): () => void {
  const states = new Map<string, RunState>();
  let isFirst = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const askSoon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (list.isAsking()) askSoon();
      else list.ask(address);
    }, AGAIN_MS);
  };
  const updateRows = (rows: readonly RunRow[]) => {
    const isKnown = rows.every(({ id, state }) => states.get(id) === state);
    for (const { id, state } of rows) states.set(id, state);
    if (!isKnown && !isFirst) askSoon();
    isFirst = false;
    const told = list.told.value;
    if (told.is === 'here') list.set({ ...told.facts, runs: updated(told.facts.runs, rows) });
  };
  // After a reconnect the list is asked for: the stream does not repeat which runs were deleted or ended meanwhile.
  const close = openStream(null, { runs: updateRows, gone: askSoon }, askSoon);
  return () => {
    clearTimeout(timer);
    close();
  };
}

function updated(shown: readonly RunRow[], rows: readonly RunRow[]): readonly RunRow[] {
  const newer = new Map(rows.map((row) => [row.id, row]));
  return shown.map((row) => newer.get(row.id) ?? row);
}

function countsOf(told: RunList['told']['value']): RunPage['counts'] {
  return told.is === 'here' ? told.facts.counts : {};
}

interface FiltersProps {
  readonly filter: RunFilter;
  readonly counts: RunPage['counts'];
}

function Filters({ filter, counts }: FiltersProps) {
  const go = (changed: Partial<RunFilter>) =>
    goTo(runsAddress({ ...filter, from: null, ...changed }));
  return (
    <search class="filters">
      <label>
        Text{' '}
        <input
          type="search"
          value={filter.text}
          placeholder="part of an id or label"
          onInput={({ currentTarget }) => go({ text: currentTarget.value })}
        />
      </label>
      <label>
        Team{' '}
        <input
          type="search"
          value={filter.team}
          onInput={({ currentTarget }) => go({ team: currentTarget.value })}
        />
      </label>
      <fieldset>
        <legend>State</legend>
        {RUN_STATES.filter(
          (state) => counts[state] !== undefined || filter.states.includes(state),
        ).map((state) => (
          <label key={state} class="chip">
            <input
              type="checkbox"
              checked={filter.states.includes(state)}
              onChange={({ currentTarget }) =>
                go({
                  states: currentTarget.checked
                    ? [...filter.states, state]
                    : filter.states.filter((other) => other !== state),
                })
              }
            />
            {state.toLowerCase()} <b>{counts[state] ?? 0}</b>
          </label>
        ))}
      </fieldset>
    </search>
  );
}

interface RunsProps {
  readonly page: RunPage;
  readonly filter: RunFilter;
  readonly chosen: Signal<ReadonlySet<string>>;
}

function Runs({ page, filter, chosen }: RunsProps) {
  const ids = useComputed(() => [...chosen.value]);
  if (page.runs.length === 0) return <NoRuns filter={filter} />;
  const choose = (id: string, isChosen: boolean) => {
    const next = new Set(chosen.value);
    if (isChosen) next.add(id);
    else next.delete(id);
    chosen.value = next;
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <section class="scroll" aria-label="List of runs" tabIndex={0}>
        <table class="runs">
          <caption class="unseen">Runs, those submitted last first</caption>
          <thead>
            <tr>
              <th scope="col">
                <span class="unseen">compare</span>
              </th>
              <th scope="col">run</th>
              <th scope="col">state</th>
              <th scope="col">progress</th>
              <th scope="col" class="number">
                loss
              </th>
              <th scope="col" class="number">
                validation
              </th>
              <th scope="col">team</th>
              <th scope="col">submitted</th>
              <th scope="col" class="number">
                took
              </th>
            </tr>
          </thead>
          <tbody>
            {page.runs.map((run) => (
              <Row key={run.id} run={run} isChosen={chosen.value.has(run.id)} choose={choose} />
            ))}
          </tbody>
        </table>
      </section>
      <nav class="buttons" aria-label="Pages of the list">
        {filter.from !== null && <a href={runsAddress({ ...filter, from: null })}>Newest</a>}
        {page.nextPage !== null && (
          <a href={runsAddress({ ...filter, from: page.nextPage })}>Older runs</a>
        )}
      </nav>
      <div class="chosen" hidden={ids.value.length === 0}>
        <span>{`${pluralText(ids.value.length, 'run')} chosen`}</span>
        {ids.value.length > 1 && <a href={compareAddress(ids.value)}>Compare them</a>}
        {ids.value.length === 1 && <span class="muted">Choose another one to compare.</span>}
        <button
          type="button"
          onClick={() => {
            chosen.value = new Set();
          }}
        >
          Choose none
        </button>
      </div>
    </>
  );
}

interface RowProps {
  readonly run: RunRow;
  readonly isChosen: boolean;
  readonly choose: (id: string, isChosen: boolean) => void;
}

function Row({ run, isChosen, choose }: RowProps) {
  return (
    <tr>
      <td>
        <input
          type="checkbox"
          aria-label={`Compare ${run.id}`}
          checked={isChosen}
          onChange={({ currentTarget }) => choose(run.id, currentTarget.checked)}
        />
      </td>
      <th scope="row">
        <RunLink id={run.id} />
        <Labels labels={run.labels} />
      </th>
      <td>
        <StateBadge state={run.state} />
        {run.reason !== '' && (
          <div class="muted clipped" title={run.reason}>
            {run.reason}
          </div>
        )}
      </td>
      <td>
        <Progress {...run} />
      </td>
      <td class="number">{run.step === 0 ? '–' : numberText(run.loss)}</td>
      <td class="number">{orNotKnown(run.validationAccuracy, percentText)}</td>
      <td class="team" title={run.team}>
        {run.team || <span class="muted">–</span>}
      </td>
      <td>
        <Moment atMs={run.submittedAtMs} />
      </td>
      <td class="number">
        {hasEnded(run.state) && run.startedAtMs > 0
          ? durationText((run.endedAtMs - run.startedAtMs) / 1000)
          : '–'}
      </td>
    </tr>
  );
}

function NoRuns({ filter }: { readonly filter: RunFilter }) {
  const isFiltered = filter.states.length > 0 || filter.team !== '' || filter.text !== '';
  return isFiltered || filter.from !== null ? (
    <p class="empty">
      No run matches. <a href={runsAddress(ALL_RUNS)}>Show all runs</a>
    </p>
  ) : (
    <div class="empty">
      <p>There is no run yet. Write one and submit it:</p>
      <pre>
        <code>{'coordinator init -f run.yaml\ncoordinator submit run.yaml'}</code>
      </pre>
    </div>
  );
}
