/**
 * CPU seconds and resident memory of other processes, as the kernel counts them.
 *
 * @see proc(5), /proc/PID/stat: utime is field 14 and stime 15, in clock ticks
 */
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** USER_HZ is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** @returns user and system seconds of the process so far, all its threads together. */
export function cpuSeconds(pid: number): Promise<number> {
  return secondsOf(`/proc/${pid}/stat`);
}

/** @returns CPU seconds of one of this process's threads; the main one's id is the process's. */
export function threadCpuSeconds(tid: number): Promise<number> {
  return secondsOf(`/proc/self/task/${tid}/stat`);
}

async function secondsOf(path: string): Promise<number> {
  const stat = await readFile(path, 'utf8');
  // The command's name may hold spaces and parentheses: fields are counted after the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [utime, stime] = [Number(fields[11]), Number(fields[12])];
  return (utime + stime) / TICKS_PER_SECOND;
}

/** @returns resident memory of the process, in MiB. */
export async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** Resets the kernel's peak of resident memory; see proc(5), /proc/PID/clear_refs. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** @returns the peak of resident memory since {@link resetPeak}, in MiB. */
export async function peakResidentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
