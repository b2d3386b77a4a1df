/** Writes a run's event file for TensorBoard, into a folder of the run below the named folder. */
import { hostname } from 'node:os';
import path from 'node:path';
import type { ReportInput } from '@lyceum/dashboard/report';
import { eventFileName, scalarsRecord, startRecords } from '@lyceum/learning/tensorboard';
import { writeNewFile } from '../files/index.js';
import { reportScalars } from './report-scalars.js';

/** @returns path of the file, which replaces the content of older files in the folder for TensorBoard. */
export async function writeEvents(
  folder: string,
  runId: string,
  input: ReportInput,
  nowMs: number,
): Promise<string> {
  const seconds = nowMs / 1000;
  const name = eventFileName(seconds, 0, hostname(), process.pid);
  const file = path.join(folder, runId, name);
  const records = [startRecords(seconds, 0), ...reportScalars(input).map(scalarsRecord)];
  await writeNewFile(file, Buffer.concat(records), false);
  return file;
}
