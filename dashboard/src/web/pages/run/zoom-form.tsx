/** The form that chooses the steps of the curves: all, or a range. */
import type { Signal } from '@preact/signals';
import type { Zoom } from './use-history.js';

interface Props {
  readonly zoom: Signal<Zoom | null>;
  readonly stepCount: number;
}

export function ZoomForm({ zoom, stepCount }: Props) {
  const { firstStep, endStep } = zoom.value ?? { firstStep: 0, endStep: stepCount };
  const set = (changed: Partial<Zoom>) => {
    const next = { firstStep, endStep, ...changed };
    if (next.firstStep >= 0 && next.endStep > next.firstStep) zoom.value = next;
  };
  return (
    <div class="zoom">
      <label>
        Steps from{' '}
        <input
          type="number"
          min={0}
          max={stepCount}
          value={firstStep}
          onChange={({ currentTarget }) => set({ firstStep: currentTarget.valueAsNumber })}
        />
      </label>
      <label>
        to{' '}
        <input
          type="number"
          min={1}
          max={stepCount}
          value={endStep}
          onChange={({ currentTarget }) => set({ endStep: currentTarget.valueAsNumber })}
        />
      </label>
      <button
        type="button"
        disabled={zoom.value === null}
        onClick={() => {
          zoom.value = null;
        }}
      >
        All steps
      </button>
      <span class="muted">or mark them in a chart with the mouse</span>
    </div>
  );
}
