/**
 * Names of event files. TensorBoard reads a folder's files in the order of their names, so older files must come
 * first.
 */

/** @param ordinal - tells files apart that begin within one second; ascending. */
export function eventFileName(
  wallSeconds: number,
  ordinal: number,
  host: string,
  pid: number,
): string {
  const seconds = String(Math.floor(wallSeconds)).padStart(10, '0');
  const plainHost = host.replaceAll(/[^A-Za-z0-9-]/g, '-');
  return `events.out.tfevents.${seconds}.${String(ordinal).padStart(6, '0')}.${plainHost}.${pid}`;
}
