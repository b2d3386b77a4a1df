/** How a process ended, in words. */
export function endText(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === null) return `exit code ${code}`;
  return signal === 'SIGKILL' ? 'SIGKILL, as the kernel sends it when memory runs out' : signal;
}
