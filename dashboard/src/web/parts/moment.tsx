/** A time relative to now, `5 min ago`; its title has the exact time. */
import { nowMs } from './clock.js';
import { agoText } from './texts.js';

/** A time to the second, for lists where the order of events matters. */
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
