/** Shows the result of a call: that it is loading, its facts, or its problem. */
import type { ComponentChildren } from 'preact';
import type { Problem } from '../../api/index.js';
import type { Told } from '../data/resource.js';

interface Props<T> {
  readonly told: Told<T>;
  /** Name of the awaited facts: `the runs`. */
  readonly what: string;
  /** Least height of the facts in pixels, reserved so that the page does not jump. */
  readonly height: number;
  readonly onRetry: () => void;
  readonly children: (facts: T) => ComponentChildren;
}

export function Awaited<T>({ told, what, height, onRetry, children }: Props<T>) {
  if (told.is === 'here') return <>{children(told.facts)}</>;
  if (told.is === 'failed') return <ProblemBox problem={told.problem} onRetry={onRetry} />;
  return (
    <p class="muted" aria-busy="true" style={{ minHeight: `${height}px` }}>
      Loading {what} …
    </p>
  );
}

interface BoxProps {
  readonly problem: Problem;
  readonly onRetry?: () => void;
}

export function ProblemBox({ problem, onRetry }: BoxProps) {
  return (
    <div class="problem" role="alert">
      <p>{problem.message}</p>
      <p class="muted">{problem.code}</p>
      {onRetry !== undefined && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
