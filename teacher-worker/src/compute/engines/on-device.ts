/** Opens a teacher on the worker's GPU if it has one, and nowhere else unless that is allowed. */
import { lostGpu } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import type { EngineOpener } from '../engine/index.js';
import type { LocalOpener, LocalPlace } from './local-opener.js';
import { insteadOfGpu, onGpu } from './teacher-device.js';

export function onDevice(opener: LocalOpener): EngineOpener<LocalPlace> {
  const { format, gpuProblem, isExactOnGpu = true } = opener;
  return {
    format,
    open: async (model, options, place) => {
      const onProcessor = () => opener.open(model, options, { ...place, device: 'cpu' });
      const { gpu } = place;
      if (gpu === undefined || gpuProblem === undefined) return onProcessor();
      let problem = gpuProblem(place, gpu);
      if (problem === undefined) {
        try {
          const teacher = await opener.open(model, options, { ...place, device: 'cuda' });
          options.placed?.(onGpu(gpu, isExactOnGpu));
          return teacher;
        } catch (err) {
          // If the model itself is wrong or too large, the processor would not help.
          if (!(err instanceof LyceumError) || err.code !== 'FAILED_PRECONDITION') throw err;
          // The GPU is lost: this process must end, and must not report that the processor takes over.
          if (lostGpu(err.message) !== undefined) throw err;
          problem = err.message;
        }
      }
      const { device } = place.engine;
      options.placed?.(insteadOfGpu(gpu, problem, device === 'gpu' ? 'cpu' : device));
      return onProcessor();
    },
  };
}
