/** Parts of pages about runs: state, progress, labels, link. */
import type { RunRow, RunState } from '../../api/index.js';
import { countText, percentText } from '../../components/index.js';
import { runAddress } from '../routing/routes.js';

const TONES: Partial<Record<RunState, string>> = {
  SUCCEEDED: 'good',
  FAILED: 'bad',
  CANCELLED: 'muted',
  CANCELLING: 'warn',
  PAUSED: 'warn',
  QUEUED: 'muted',
};

export function StateBadge({ state }: { readonly state: RunState }) {
  return <span class={`badge ${TONES[state] ?? 'accent'}`}>{state.toLowerCase()}</span>;
}

export function RunLink({ id }: { readonly id: string }) {
  return (
    <a href={runAddress(id)} class="name">
      {id}
    </a>
  );
}

type ProgressProps = Pick<RunRow, 'id' | 'step' | 'stepCount'>;

export function Progress({ id, step, stepCount }: ProgressProps) {
  if (stepCount === 0) return <span class="muted">–</span>;
  return (
    <span class="progress">
      <progress max={stepCount} value={step} aria-label={`Steps of ${id}`} />
      <span title={`${countText(step)} of ${countText(stepCount)} steps`}>
        {percentText(step / stepCount, 0)}
      </span>
    </span>
  );
}

export function hasEnded(state: RunState): boolean {
  return state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';
}

export function Labels({ labels }: { readonly labels: RunRow['labels'] }) {
  return (
    <span class="labels">
      {Object.entries(labels).map(([name, text]) => (
        <span class="label" key={name} title={`${name}: ${text}`}>
          {name}: {text}
        </span>
      ))}
    </span>
  );
}
