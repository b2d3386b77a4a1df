/** The page of a run's log lines from all programs, newest first. */
import { useEffect, useMemo } from 'preact/hooks';
import type { LogPage as Lines } from '../../api/index.js';
import { DataTable } from '../../components/index.js';
import { openResource } from '../data/resource.js';
import { ExactMoment } from '../parts/moment.js';
import { RunLink } from '../parts/run-parts.js';
import { Awaited } from '../parts/told.js';
import { logAddress, queryText } from '../routing/routes.js';
import { PageTitle } from './page-title.js';

interface Props {
  readonly id: string;
  readonly before: string | null;
}

export function LogPage({ id, before }: Props) {
  const page = useMemo(() => openResource<Lines>(), []);
  const ask = () =>
    page.ask(`runs/${encodeURIComponent(id)}/logs${queryText([['before', before ?? '']])}`);
  useEffect(ask, [id, before]);
  useEffect(() => () => page.close(), [page]);
  return (
    <>
      <PageTitle title={`Log of ${id}`}>
        <span class="muted">Log of</span> <RunLink id={id} />
      </PageTitle>
      <p class="muted">
        The newest lines of all programs, as far as the coordinator has them since its start. The
        programs' own logs have everything.
      </p>
      <Awaited told={page.told.value} what="the lines" height={600} onRetry={ask}>
        {({ lines, before: older }) => (
          <>
            {lines.length === 0 && <p class="empty">No lines are kept of it.</p>}
            {lines.length > 0 && (
              <DataTable
                caption="Newest first"
                isProse
                columns={[
                  { title: 'When', value: ({ atMs }) => <ExactMoment atMs={atMs} /> },
                  { title: 'Level', value: ({ level }) => level },
                  { title: 'From', value: ({ from }) => <code>{from}</code> },
                  { title: 'Message', value: ({ message }) => message },
                ]}
                rows={lines}
              />
            )}
            <nav class="buttons" aria-label="Pages of lines">
              {before === null && (
                <button type="button" onClick={ask}>
                  Look again
                </button>
              )}
              {before !== null && <a href={logAddress(id, null)}>Newest</a>}
              {older !== null && <a href={logAddress(id, older)}>Older lines</a>}
            </nav>
          </>
        )}
      </Awaited>
    </>
  );
}
