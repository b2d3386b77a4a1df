/** A time as it is from now; the exact one is in its title. */
import { nowMs } from './clock.js';
import { agoText } from './texts.js';

/** A time to the second, where what happened before what matters. */
export function ExactMoment({ atMs }: { readonly atMs: number }) {
  const at = new Date(atMs);
  return (
    <time dateTime={at.toISOString()} title={agoText(atMs, nowMs.value)}>
      {at.toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' })}
    </time>
  );
}

export function Moment({ atMs }: { readonly atMs: number }) {
  if (atMs === 0) return <span class="muted">–</span>;
  const at = new Date(atMs);
  return (
    <time dateTime={at.toISOString()} title={at.toLocaleString()}>
      {agoText(atMs, nowMs.value)}
    </time>
  );
}
