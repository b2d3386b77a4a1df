/** What a run waits for, by name. Pure. */
import type { Bottleneck } from '@lyceum/dashboard/api';
import type { Run, RunProgress } from '@lyceum/proto';
import { runStateName } from '../client/index.js';
import { percentText } from '../printing/text/index.js';

/** From this share of waiting on, the teachers are the bottleneck; below the other share, the student is. */
const TEACHERS_SHARE = 0.2;
const STUDENT_SHARE = 0.05;

/**
 * @param busyPart - the part of the coordinator that is overloaded: `event loop` or `data threads`; empty: none is
 *   known.
 * @returns undefined: the run has ended.
 */
export function bottleneck(run: Run, busyPart = ''): Bottleneck | undefined {
  const { reason, progress } = run;
  switch (runStateName(run)) {
    case 'QUEUED':
      return { name: 'queue', text: reason || 'it waits for a free student worker' };
    case 'PREPARING':
      return { name: 'preparation', text: reason || 'a student worker gets ready' };
    case 'FITTING':
      return { name: 'fitting', text: reason || waitingText(progress, 'the ensemble is fitted') };
    case 'TRAINING':
      return run.kind === 'Distillation' ? ofTraining(progress, busyPart) : STUDENT_ALONE;
    case 'EVALUATING':
      return { name: 'evaluation', text: reason || waitingText(progress, 'its test is measured') };
    case 'PAUSED':
      return { name: 'pause', text: reason };
    case 'CANCELLING':
      return { name: 'coordinator', text: 'its workers are let go' };
    default:
      return undefined;
  }
}

const STUDENT_ALONE: Bottleneck = { name: 'student', text: 'it computes' };

function ofTraining(progress: RunProgress | undefined, busyPart: string): Bottleneck {
  const { step = 0, waitingShare = 0, waitingFor = [] } = progress ?? {};
  const names = waitingFor.length === 0 ? '' : `, now for ${waitingFor.join(', ')}`;
  if (step === 0) {
    return names === ''
      ? { name: 'student', text: 'it gets ready' }
      : { name: 'teachers', text: `the student waits for the first answers${names}` };
  }
  const share = percentText(waitingShare, 0);
  if (waitingShare >= TEACHERS_SHARE && busyPart !== '') {
    const text = `its ${busyPart} can carry no more, and the student waits ${share} of its time`;
    return { name: 'coordinator', text };
  }
  if (waitingShare >= TEACHERS_SHARE) {
    return { name: 'teachers', text: `the student waits ${share} of its time${names}` };
  }
  if (waitingShare < STUDENT_SHARE) {
    return { name: 'student', text: `it computes, and teachers keep up${names}` };
  }
  return { name: 'student', text: `it computes, and waits ${share} of its time${names}` };
}

function waitingText(progress: RunProgress | undefined, otherwise: string): string {
  const names = progress?.waitingFor ?? [];
  return names.length === 0 ? otherwise : `answers of ${names.join(', ')} are missing`;
}
