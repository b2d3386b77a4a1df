/** The page of a run's events, newest first. */
import { useEffect, useMemo } from 'preact/hooks';
import type { EventPage, EventRow } from '../../api/index.js';
import { DataTable } from '../../components/index.js';
import { openResource } from '../data/resource.js';
import { openStream } from '../data/stream.js';
import { ExactMoment } from '../parts/moment.js';
import { RunLink } from '../parts/run-parts.js';
import { Awaited } from '../parts/told.js';
import { eventsAddress, queryText } from '../routing/routes.js';
import { PageTitle } from './page-title.js';

interface Props {
  readonly id: string;
  readonly before: string | null;
}

export function EventsPage({ id, before }: Props) {
  const list = useMemo(() => openResource<EventPage>(), []);
  const ask = () =>
    list.ask(`runs/${encodeURIComponent(id)}/events${queryText([['before', before ?? '']])}`);
  useEffect(() => {
    ask();
    // Older pages do not change.
    if (before !== null) return;
    const happened = (event: EventRow) => {
      const told = list.told.value;
      if (told.is === 'here') {
        list.set({ ...told.facts, events: [event, ...told.facts.events] });
      }
    };
    return openStream(id, { happened }, ask);
  }, [id, before]);
  useEffect(() => () => list.close(), [list]);
  return (
    <>
      <PageTitle title={`Events of ${id}`}>
        <span class="muted">Events of</span> <RunLink id={id} />
      </PageTitle>
      <Awaited told={list.told.value} what="the events" height={600} onRetry={ask}>
        {({ events, before: older }) => (
          <>
            {events.length === 0 && <p class="empty">Nothing is known of it.</p>}
            {events.length > 0 && (
              <DataTable
                caption="Newest first"
                isProse
                columns={[
                  { title: 'When', value: ({ atMs }) => <ExactMoment atMs={atMs} /> },
                  { title: 'What', value: ({ kind }) => <code>{kind}</code> },
                  { title: 'Message', value: ({ message }) => message },
                ]}
                rows={events}
              />
            )}
            <nav class="buttons" aria-label="Pages of events">
              {before !== null && <a href={eventsAddress(id, null)}>Newest</a>}
              {older !== null && <a href={eventsAddress(id, older)}>Older events</a>}
            </nav>
          </>
        )}
      </Awaited>
    </>
  );
}
