/** The frame around every page: the navigation, and a notice while the page is not connected. */
import type { VNode } from 'preact';
import { cluster } from './data/cluster.js';
import { isConnected, refusal } from './data/stream.js';
import { ComparePage } from './pages/compare.js';
import { EventsPage } from './pages/events.js';
import { LogPage } from './pages/log.js';
import { PageTitle } from './pages/page-title.js';
import { RunPage } from './pages/run/run-page.js';
import { RunsPage } from './pages/runs.js';
import { WorkersPage } from './pages/workers.js';
import { announcement } from './parts/announcing.js';
import { route } from './routing/location.js';
import { ALL_RUNS, compareAddress, type Route, runsAddress } from './routing/routes.js';

export function App() {
  const now = route.value;
  return (
    <>
      <header>
        <a class="brand" href={runsAddress(ALL_RUNS)}>
          Lyceum
        </a>
        <nav aria-label="Pages">
          <PageLink now={now} page="runs" address={runsAddress(ALL_RUNS)} text="Runs" />
          <PageLink now={now} page="workers" address="#/workers" text="Workers" />
          <PageLink now={now} page="compare" address={compareAddress([])} text="Compare" />
        </nav>
        <ClusterName />
      </header>
      {!isConnected.value && (
        <p class="disconnected" role="status">
          Not connected: {refusal.value ?? 'what is shown may be old. Trying again …'}
        </p>
      )}
      <main id="main">
        <Page route={now} />
      </main>
      <p class="unseen" aria-live="polite">
        {announcement.value}
      </p>
    </>
  );
}

interface LinkProps {
  readonly now: Route;
  readonly page: Route['page'];
  readonly address: string;
  readonly text: string;
}

function PageLink({ now, page, address, text }: LinkProps) {
  return (
    <a href={address} {...currentOf(now.page, page)}>
      {text}
    </a>
  );
}

/** Marks the link of the open page. Pages of one run, its events and its log count as below `runs`. */
function currentOf(now: Route['page'], page: Route['page']) {
  if (now === page) return { 'aria-current': 'page' as const };
  const isBelow = page === 'runs' && (now === 'run' || now === 'events' || now === 'log');
  return isBelow ? { 'aria-current': true } : {};
}

function ClusterName() {
  const told = cluster.told.value;
  if (told.is !== 'here') return <span class="cluster" />;
  const { version, coordinator, mayChange } = told.facts;
  return (
    <span class="cluster muted">
      {coordinator}, version {version}
      {!mayChange && ', to look at only'}
    </span>
  );
}

/** The open page. The keys make a page of another run start anew, without state of the former one. */
function Page({ route: now }: { readonly route: Route }): VNode {
  switch (now.page) {
    case 'runs':
      return <RunsPage filter={now} />;
    case 'run':
      return <RunPage key={now.id} id={now.id} />;
    case 'events':
      return <EventsPage key={`${now.id} ${now.before}`} id={now.id} before={now.before} />;
    case 'log':
      return <LogPage key={`${now.id} ${now.before}`} id={now.id} before={now.before} />;
    case 'workers':
      return <WorkersPage />;
    case 'compare':
      return <ComparePage runs={now.runs} />;
    case 'unknown':
      return (
        <>
          <PageTitle title="No such page">There is no such page</PageTitle>
          <a href={runsAddress(ALL_RUNS)}>All runs</a>
        </>
      );
  }
}
