/** Entry of the compute thread: carries out one call after another. A call may block for any time. */
import { workerData } from 'node:worker_threads';
import { openEngine } from '@lyceum/learning/tensorflow';
import { lostGpu } from '@lyceum/platform';
import { offerToOwner } from '@lyceum/platform/threads';
import { EndedCalls } from './ended-calls.js';
import { localTeachers } from './engines/index.js';
import type { ComputeCalls, ComputeSettings, TeacherNews } from './teacher-calls.js';
import { Teachers } from './teachers.js';

const settings = workerData as ComputeSettings;

const warnings: string[] = [];
const engine = await openEngine({ warn: (message) => warnings.push(message) });
const device = {
  engine: settings.lookupDelayMs === undefined ? engine.name : 'lookup',
  engineVersion: engine.version,
  device: engine.device,
};
const { noted: place, gpu } = settings;
const ended =
  place &&
  new EndedCalls({
    place,
    nowMs: Date.now,
    isEnd: ({ message }) => gpu !== undefined && lostGpu(message) !== undefined,
    unnoted: (reason) => owner.tell('unnoted', reason),
    ended: (end) => owner.tell('endedBefore', end),
  });
const teachers = new Teachers(
  localTeachers({ engine, computeThreads: settings.computeThreads, gpu }),
  settings,
  {
    untraced: (identity, reason) => owner.tell('untraced', identity, reason),
    onProcessor: (identity, reason) => owner.tell('onProcessor', identity, reason),
  },
  ended,
);
const owner = offerToOwner<ComputeCalls, TeacherNews>(
  { opened: async () => ({ device, warnings }), ...teachers.calls },
  { inTurn: true },
);
