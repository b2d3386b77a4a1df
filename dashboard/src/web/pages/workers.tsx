/** The page of workers, their devices, and quarantines. */
import { useEffect, useMemo } from 'preact/hooks';
import type { QuarantineRow, WorkerFacts, WorkerRow } from '../../api/index.js';
import { bytesText, DataTable, pluralText } from '../../components/index.js';
import { change } from '../data/calls.js';
import { mayChange } from '../data/cluster.js';
import { openResource } from '../data/resource.js';
import { openStream } from '../data/stream.js';
import { announce } from '../parts/announcing.js';
import { Moment } from '../parts/moment.js';
import { Question } from '../parts/question.js';
import { Awaited } from '../parts/told.js';
import { PageTitle } from './page-title.js';

export function WorkersPage() {
  const workers = useMemo(() => openResource<WorkerFacts>(), []);
  const ask = () => workers.ask('workers');
  useEffect(() => {
    ask();
    return openStream(null, { workers: workers.set });
  }, []);
  useEffect(() => () => workers.close(), [workers]);
  return (
    <>
      <PageTitle title="Workers">Workers</PageTitle>
      <Awaited told={workers.told.value} what="the workers" height={600} onRetry={ask}>
        {(facts) => <Workers facts={facts} onChanged={workers.set} />}
      </Awaited>
    </>
  );
}

interface WorkersProps {
  readonly facts: WorkerFacts;
  readonly onChanged: (facts: WorkerFacts) => void;
}

function Workers({ facts, onChanged }: WorkersProps) {
  const { workers, quarantines, desiredTeacherWorkers } = facts;
  const teacherCount = workers.filter(({ kind }) => kind === 'teacher').length;
  return (
    <>
      {desiredTeacherWorkers > 0 && (
        <p class={teacherCount < desiredTeacherWorkers ? 'answer warn' : 'answer'}>
          With {pluralText(desiredTeacherWorkers, 'teacher worker')} no student would wait; there{' '}
          {teacherCount === 1 ? 'is' : 'are'} {teacherCount}.
        </p>
      )}
      {quarantines.length > 0 && (
        <section>
          <h2>Not trusted</h2>
          <Quarantines quarantines={quarantines} onChanged={onChanged} />
        </section>
      )}
      <section>
        <h2>Connected</h2>
        {workers.length === 0 ? (
          <p class="empty">
            No worker is connected. Start one: <code>teacher-worker</code>,{' '}
            <code>student-worker</code>, or all programs with <code>coordinator up</code>.
          </p>
        ) : (
          <WorkerTable workers={workers} />
        )}
      </section>
    </>
  );
}

function WorkerTable({ workers }: { readonly workers: readonly WorkerRow[] }) {
  return (
    <DataTable<WorkerRow>
      caption={pluralText(workers.length, 'worker')}
      columns={[
        { title: 'Worker', value: ({ id }) => id },
        { title: 'Kind', value: ({ kind }) => kind },
        { title: 'Device', value: (worker) => <Device worker={worker} /> },
        {
          title: 'Busy with',
          value: ({ busyWith }) =>
            busyWith.length === 0 ? <span class="muted">nothing</span> : busyWith.join(', '),
        },
        { title: 'Tickets', value: ({ ticketsInHand }) => ticketsInHand, isNumber: true },
        { title: 'Connected', value: ({ connectedAtMs }) => <Moment atMs={connectedAtMs} /> },
        { title: 'Version', value: ({ version }) => version },
        { title: 'Problems', value: ({ problems }) => <Problems problems={problems} /> },
      ]}
      rows={workers}
    />
  );
}

function Device({ worker }: { readonly worker: WorkerRow }) {
  const { device, engine, computeThreads, gpu } = worker;
  return (
    <div class="wordy">
      {device}
      <div class="muted">
        {engine}, {pluralText(computeThreads, 'thread')}
        {gpu !== null &&
          `, driver ${gpu.driver}, ${bytesText(gpu.memoryBudgetBytes)} of ${bytesText(gpu.memoryBytes)} may be used`}
      </div>
    </div>
  );
}

function Problems({ problems }: { readonly problems: readonly string[] }) {
  if (problems.length === 0) return <span class="muted">none known</span>;
  return (
    <ul class="problems wordy">
      {problems.map((problem) => (
        <li key={problem}>{problem}</li>
      ))}
    </ul>
  );
}

interface QuarantinesProps {
  readonly quarantines: readonly QuarantineRow[];
  readonly onChanged: (facts: WorkerFacts) => void;
}

function Quarantines({ quarantines, onChanged }: QuarantinesProps) {
  const release = (workerId: string) => async () => {
    onChanged(await change<WorkerFacts>(`workers/${encodeURIComponent(workerId)}/release`));
    announce(`${workerId} is released`);
  };
  const teachersOf = (workerId: string) =>
    quarantines.filter((other) => other.workerId === workerId).map(({ teacher }) => teacher);
  return (
    <DataTable<QuarantineRow>
      caption="Workers that get no tickets of a teacher, because their answers were wrong"
      columns={[
        { title: 'Worker', value: ({ workerId }) => workerId },
        {
          title: 'Teacher',
          value: ({ teacher, teacherIdentity }) => <span title={teacherIdentity}>{teacher}</span>,
        },
        { title: 'Why', value: ({ reason }) => <div class="wordy">{reason}</div> },
        { title: 'Since', value: ({ sinceMs }) => <Moment atMs={sinceMs} /> },
        ...(mayChange()
          ? [
              {
                title: 'Change',
                value: ({ workerId }: QuarantineRow) => (
                  <Question
                    verb="Release"
                    question={`Release ${workerId}?`}
                    no="Leave it"
                    onYes={release(workerId)}
                  >
                    <p>
                      It is tested again with {teachersOf(workerId).join(', ')}, and gets tickets
                      once it has passed. Release it when what made its answers wrong has been put
                      right.
                    </p>
                  </Question>
                ),
              },
            ]
          : []),
      ]}
      rows={quarantines}
    />
  );
}
