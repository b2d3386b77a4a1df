/** All engines that ask a model which another program runs. No TensorFlow. */
import type { Outside } from '@lyceum/platform';
import { type EngineOpener, type OpenTeacher, opensAnyOf } from '../engine/index.js';
import { endpoint } from './http-teacher.js';
import { openInference } from './inference-server-teacher.js';
import { KeptAnswers } from './kept-answers.js';
import type { RemotePlace } from './remote-place.js';

const TABLE: readonly EngineOpener<RemotePlace>[] = [endpoint, openInference];

/**
 * @param random - uniform in [0, 1).
 * @param keptFolder - holds answers that outlive the process; undefined: none do.
 */
export function remoteTeachers(
  outside: Outside,
  random: () => number,
  keptFolder: string | undefined,
): OpenTeacher {
  return opensAnyOf(TABLE, { outside, random, kept: new KeptAnswers(keptFolder) });
}
