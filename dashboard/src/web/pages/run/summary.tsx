/** A run in a few lines: its state, its progress, its bottleneck, the time left, and what is wrong. */
import type { RunFacts } from '../../../api/index.js';
import { countText, durationText, orNotKnown, percentText } from '../../../components/index.js';
import { mayChange } from '../../data/cluster.js';
import { Moment } from '../../parts/moment.js';
import { hasEnded, Labels, Progress, StateBadge } from '../../parts/run-parts.js';
import { numberText, shareText } from '../../parts/texts.js';
import { eventsAddress, logAddress } from '../../routing/routes.js';
import { RunChanges } from './run-changes.js';
import { bottleneckSentence, secondsLeft, wrongs } from './words.js';

interface Props {
  readonly run: RunFacts;
  readonly onChanged: (run: RunFacts) => void;
}

export function Summary({ run, onChanged }: Props) {
  const wrong = wrongs(run);
  return (
    <section class="summary" aria-label="Summary">
      <p class="headline">
        <StateBadge state={run.state} /> <strong>{bottleneckSentence(run)}</strong>
      </p>
      <Progress {...run} />
      <dl class="facts">
        <Fact name="step">
          {countText(run.step)} of {countText(run.stepCount)}
        </Fact>
        <Fact name={hasEnded(run.state) ? 'took' : 'left'}>{timeText(run)}</Fact>
        <Fact name="loss">{run.step === 0 ? '–' : numberText(run.loss)}</Fact>
        <Fact name="validation">{orNotKnown(run.validationAccuracy, percentText)}</Fact>
        <Fact name="samples/s">
          {run.samplesPerSecond === 0 ? '–' : numberText(run.samplesPerSecond)}
        </Fact>
        <Fact name="waiting">{shareText(run.waitingShare)}</Fact>
        <Fact name="submitted">
          <Moment atMs={run.submittedAtMs} />
        </Fact>
      </dl>
      {wrong.length > 0 && (
        <div class="wrong-list">
          <h2>{run.state === 'SUCCEEDED' ? 'Worth knowing' : 'What is wrong'}</h2>
          <ul>
            {wrong.map((sentence, index) => (
              <li key={index}>{sentence}</li>
            ))}
          </ul>
        </div>
      )}
      <div class="buttons">
        {mayChange() && <RunChanges run={run} onChanged={onChanged} />}
        <a href={eventsAddress(run.id, null)}>Events</a>
        <a href={logAddress(run.id, null)}>Log</a>
        {run.team !== '' && <span class="muted">team {run.team}</span>}
        <Labels labels={run.labels} />
      </div>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function timeText(run: RunFacts): string {
  if (hasEnded(run.state)) {
    return run.startedAtMs === 0 ? '–' : durationText((run.endedAtMs - run.startedAtMs) / 1000);
  }
  const seconds = secondsLeft(run);
  return seconds === null ? '–' : `about ${durationText(seconds)}`;
}
