/** A time as it is from now; the exact one is in its title. */
import { nowMs } from './clock.js';
import { agoText } from './texts.js';

export function Moment({ atMs }: { readonly atMs: number }) {
  if (atMs === 0) return <span class="muted">–</span>;
  const at = new Date(atMs);
  return (
    <time dateTime={at.toISOString()} title={at.toLocaleString()}>
      {agoText(atMs, nowMs.value)}
    </time>
  );
}
