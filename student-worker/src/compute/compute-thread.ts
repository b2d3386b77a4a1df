/** Entry of the compute thread: owns the engine and trains one job at a time. Started by `student-compute.ts`. */
import { workerData } from 'node:worker_threads';
import { openEngine } from '@lyceum/learning/tensorflow';
import { offerToOwner } from '@lyceum/platform/threads';
import { toLyceumError } from '@lyceum/proto';
import type { ComputeSettings, Stop, StudentCalls, StudentNews } from '../job/index.js';
import { Trainer } from './training/index.js';

const { eager } = workerData as ComputeSettings;

const warnings: string[] = [];
const engine = await openEngine({ warn: (message) => warnings.push(message) });
const device = { engine: engine.name, engineVersion: engine.version, device: engine.device };

let trainer: Trainer | undefined;
/** A request to stop that came before the present job's trainer was made. */
let stop: Stop | undefined;

const owner = offerToOwner<StudentCalls, StudentNews>({
  opened: async () => ({ device, warnings }),
  async train(job) {
    stop = undefined;
    try {
      trainer = await Trainer.open({ engine, job, eager, news, now: () => performance.now() });
      if (stop !== undefined) trainer.stop(stop);
      return await trainer.run();
    } finally {
      trainer?.dispose();
      trainer = undefined;
    }
  },
  targets(block) {
    try {
      trainer?.receive(block);
    } catch (err) {
      trainer?.fail(toLyceumError(err));
    }
  },
  stop(how) {
    stop = how;
    trainer?.stop(how);
  },
});

const news: StudentNews = {
  untraced: (what, reason) => owner.tell('untraced', what, reason),
  wantTargets: (creditStep, doneStep) => owner.tell('wantTargets', creditStep, doneStep),
  progress: (progress) => owner.tell('progress', progress),
  checkpoint: (checkpoint) => owner.call('checkpoint', checkpoint),
  openWindow: (samples) => owner.call('openWindow', samples),
  closeWindow: (id) => owner.tell('closeWindow', id),
  fetchAhead: (samples) => owner.tell('fetchAhead', samples),
};
