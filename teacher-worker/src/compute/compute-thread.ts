/** Entry of the compute thread: carries out one command after another. It may block as long as it likes. */
import { parentPort, workerData } from 'node:worker_threads';
import { openEngine } from '@lyceum/learning/tensorflow';
import { serveCommands } from './answer-thread.js';
import { localTeachers } from './engines/index.js';
import type { ComputeReply, ComputeSettings } from './protocol.js';
import { Teachers } from './teachers.js';

if (parentPort === null) throw new Error('compute-thread.js runs in a worker thread only');
const port = parentPort;
const settings = workerData as ComputeSettings;

const warnings: string[] = [];
const engine = await openEngine({ warn: (message) => warnings.push(message) });
const teachers = new Teachers(
  localTeachers(engine, settings.computeThreads),
  settings,
  (identity, reason) =>
    port.postMessage({ reply: 'untraced', identity, reason } satisfies ComputeReply),
);
serveCommands({
  port,
  teachers,
  atOnce: false,
  device: {
    engine: settings.lookupDelayMs === undefined ? engine.name : 'lookup',
    engineVersion: engine.version,
    device: engine.device,
  },
  warnings,
});
