/** From a package that describes somebody else's model to the engine that asks it. No TensorFlow. */
import { LyceumError } from '@lyceum/proto';
import type { SecretPlaces } from '@lyceum/proto/node';
import { HttpTeacher, type KeptAnswers } from './http-teacher.js';
import type { OpenTeacher } from './teacher-engine.js';

export function remoteTeachers(secrets: SecretPlaces): OpenTeacher {
  const kept: KeptAnswers = new Map();
  return async ({ packaged, dataset }) => {
    if (packaged.format !== 'endpoint') {
      throw new LyceumError('INTERNAL', `a model of format ${packaged.format} is not remote`);
    }
    return new HttpTeacher({ model: packaged.model, dataset, secrets, kept });
  };
}
