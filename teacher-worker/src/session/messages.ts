/** Converts between messages of the session and the worker's own types. Pure. */
import { ANSWER_NOISE } from '@lyceum/learning/models';
import {
  digestBytes,
  digestHex,
  type TeacherState,
  type WantedTeacher as WantedTeacherMessage,
} from '@lyceum/proto';
import type { TeacherDescription } from '../compute/engine/index.js';
import type { WantedTeacher } from './decision.js';

/** Why a teacher is not loaded. */
export interface FailedTeacher {
  readonly reason: string;
  /** Only a person can mend it. */
  readonly permanent: boolean;
  /** The reason is that the teacher's sets cannot be read. */
  readonly unreadable: boolean;
}

/**
 * @param revision - of the assignment that the worker follows.
 * @param troubles - why loaded teachers do not answer yet.
 */
export function teacherState(
  revision: number,
  loaded: ReadonlyMap<string, TeacherDescription>,
  failed: ReadonlyMap<string, FailedTeacher>,
  troubles: ReadonlyMap<string, string>,
): TeacherState {
  return {
    revision,
    loaded: [...loaded].map(([identity, description]) => {
      const trouble = troubles.get(identity);
      return {
        teacherIdentity: digestBytes(identity),
        answerNoise: ANSWER_NOISE.float32,
        ...description,
        ...(trouble !== undefined && { trouble }),
      };
    }),
    failed: [...failed].map(([identity, { reason, permanent, unreadable }]) => ({
      teacherIdentity: digestBytes(identity),
      reason,
      permanent,
      ...(unreadable && { unreadable }),
    })),
  };
}

/** @param stream - JetStream's name of the stream of all tickets. */
export function wantedTeacher(message: WantedTeacherMessage, stream: string): WantedTeacher {
  return {
    identity: digestHex(message.teacherIdentity),
    modelDigest: digestHex(message.modelDigest),
    settingsJson: message.settingsJson,
    engine: message.engine,
    names: message.names,
    stream,
    consumer: message.ticketConsumer,
    datasets: message.datasets.map(({ digest, path }) => ({
      digest: digestHex(digest),
      path: path === '' ? undefined : path,
    })),
    ticketsInHand: message.ticketsInHand,
    probes: message.probes,
  };
}
