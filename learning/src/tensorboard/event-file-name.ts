/** Names of event files. TensorBoard reads a folder's in the order of their names, so older ones come first. */

/** @param ordinal - of files that one process begins within a second, ascending. */
export function eventFileName(
  wallSeconds: number,
  host: string,
  pid: number,
  ordinal: number,
): string {
  const seconds = String(Math.floor(wallSeconds)).padStart(10, '0');
  const plainHost = host.replaceAll(/[^A-Za-z0-9-]/g, '-');
  return `events.out.tfevents.${seconds}.${plainHost}.${pid}.${String(ordinal).padStart(6, '0')}`;
}
