/**
 * When a server wants to be asked again: `Retry-After`, seconds or a date. RFC 9110, §10.2.3. Fractions of seconds are
 * accepted too, though the RFC has none: some servers send them. Pure.
 */

/** `Sun, 06 Nov 1994 08:49:37 GMT`, RFC 9110, §5.6.7. */
const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * @param header - the header's value; null: the response has none.
 * @param nowMs - since 1970.
 * @returns milliseconds from now; undefined if the value cannot be read.
 */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}(\.\d{1,9})?$/.test(text)) return Math.ceil(Number(text) * 1000);
  const atMs = DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
