/** Event files are written into a folder and read back. If they cannot be written, the training goes on. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StepHistory, summedColumns, validationSums } from '@lyceum/learning/history';
import { createLogger } from '@lyceum/platform';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readEvents } from '../../../learning/test/tensorboard/read-events.js';
import { EventLog } from '../../src/training/event-log.js';
import { smallTraining } from '../small-run.js';

const WIDTH = summedColumns(smallTraining).length;
const KEY = { runId: 'run', assignmentEpoch: 2 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-events-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A history of all steps up to this one, with a validation after step 4. */
function told(step: number) {
  const history = new StepHistory(WIDTH);
  const validation = validationSums(smallTraining, { accuracy: 0.5, nll: 1 });
  const isStep = validationSums(smallTraining, { accuracy: 0, nll: 0 }).map((sum) => 1 - sum);
  for (let i = 1; i <= step; i++) {
    history.add(isStep.map((own, column) => (validation[column] === 0 ? own * i : 0)));
    if (i === 4) history.addToNewest(validation);
  }
  return { history: history.from(0) };
}

it('EventLog writes each step once, and validations', async () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  const events = new EventLog(folder, KEY, smallTraining, 2, log);
  events.told(told(4));
  events.told(told(4));
  events.told(told(6));
  await events.written();
  const [name = ''] = await readdir(join(folder, 'run'));
  const read = readEvents(await readFile(join(folder, 'run', name)));
  expect(read[1]).toMatchObject({ step: 3, sessionStatus: 1 });
  const values = read
    .slice(2)
    .map(({ step, values: own = [] }) => [
      step,
      ...own.filter(([tag]) => tag === 'student/loss' || tag.startsWith('validation.')),
    ]);
  expect(values).toEqual([
    [3, ['student/loss', 3]],
    [4, ['student/loss', 4], ['validation.accuracy/student', 0.5], ['validation.nll/student', 1]],
    [5, ['student/loss', 5]],
    [6, ['student/loss', 6]],
  ]);
});

it('EventLog.written resolves when nothing can be written', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  const log = createLogger({ name: 'test', level: 'silent' });
  const events = new EventLog(file, KEY, smallTraining, 0, log);
  events.told(told(4));
  await expect(events.written()).resolves.toBeUndefined();
});
