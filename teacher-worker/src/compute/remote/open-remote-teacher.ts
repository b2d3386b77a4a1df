/** From a package that describes somebody else's model to the engine that asks it. No TensorFlow. */
import type { Outside } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import type { OpenTeacher } from '../rows/index.js';
import { HttpTeacher, type KeptAnswers } from './http-teacher.js';
import { InferenceServerTeacher } from './inference-server-teacher.js';

/** @param random - uniform in [0, 1). */
export function remoteTeachers(outside: Outside, random: () => number): OpenTeacher {
  const kept: KeptAnswers = new Map();
  return async ({ packaged, settings, dataset }) => {
    switch (packaged.format) {
      case 'endpoint':
        return HttpTeacher.open({ model: packaged.model, dataset, outside, kept });
      case 'open-inference':
        return InferenceServerTeacher.open({ model: packaged.model, settings, outside, random });
      default:
        throw new LyceumError('INTERNAL', `a model of format ${packaged.format} is not remote`);
    }
  };
}
