/** Deliberate faults in the schedule of a run. */
import {
  type QuorumSettings,
  RunSchedule,
  type ScheduleEffect,
} from '@lyceum/coordinator/schedule';
import { type Fault, machines, without } from './fault.js';

function withSchedule(schedule: typeof RunSchedule) {
  return machines({ runSchedule: (settings) => new schedule(settings) });
}

/** The schedule with a quorum other than that of the run. */
function withQuorum(change: (quorum: QuorumSettings) => QuorumSettings) {
  return machines({
    runSchedule: ({ quorum, ...settings }) =>
      new RunSchedule({ ...settings, quorum: quorum && change(quorum) }),
  });
}

class OneTeacherIsEnough extends RunSchedule {
  override spanComplete(_: number, span: number): ScheduleEffect[] {
    return [0, 1, 2].flatMap((teacher) => super.spanComplete(teacher, span));
  }
}

class CreditIgnored extends RunSchedule {
  override credited(_: number, doneStep: number): ScheduleEffect[] {
    return super.credited(doneStep, doneStep);
  }
}

class CreditExceeded extends RunSchedule {
  override credited(creditStep: number, doneStep: number): ScheduleEffect[] {
    return super.credited(creditStep + 1, doneStep);
  }
}

class WindowStandsStill extends RunSchedule {
  override credited(creditStep: number): ScheduleEffect[] {
    return super.credited(creditStep, 0);
  }
}

class UnreadableIgnored extends RunSchedule {
  override spanUnreadable(): ScheduleEffect[] {
    return [];
  }
}

class UnreadableNotSentAgain extends RunSchedule {
  override spanUnreadable(teacher: number, span: number): ScheduleEffect[] {
    return super.spanUnreadable(teacher, span, Number.POSITIVE_INFINITY);
  }
}

class UnreadableSendsTooMuchAgain extends RunSchedule {
  override spanUnreadable(teacher: number, span: number, step: number): ScheduleEffect[] {
    return super.spanUnreadable(teacher, span, step - 1);
  }
}

class CloseLeaks extends RunSchedule {
  override closed(): ScheduleEffect[] {
    return [];
  }
}

class LeftSpansStayWanted extends RunSchedule {
  override credited(creditStep: number, doneStep: number): ScheduleEffect[] {
    return without(super.credited(creditStep, doneStep), 'unwant');
  }
  override attached(nextStep: number): ScheduleEffect[] {
    return without(super.attached(nextStep), 'unwant');
  }
}

class StepSkippedOnAttach extends RunSchedule {
  override attached(nextStep: number): ScheduleEffect[] {
    return super.attached(nextStep === 0 ? 0 : nextStep + 1);
  }
}

class StepRepeatedOnAttach extends RunSchedule {
  override attached(nextStep: number): ScheduleEffect[] {
    return super.attached(Math.max(0, nextStep - 1));
  }
}

class ExpectationIgnored extends RunSchedule {
  override expected(): ScheduleEffect[] {
    return [];
  }
}

class DetachmentIgnored extends RunSchedule {
  override detached(): void {}
}

class LateTeachersWaitedFor extends RunSchedule {
  override tick(): ScheduleEffect[] {
    return [];
  }
}

class LastTeacherNotAsked extends RunSchedule {
  override credited(creditStep: number, doneStep: number): ScheduleEffect[] {
    const effects = super.credited(creditStep, doneStep);
    const last = effects.findLastIndex(({ kind }) => kind === 'want');
    return effects.filter((_, index) => index !== last);
  }
}

class SentOutOfOrder extends RunSchedule {
  override spanComplete(teacher: number, span: number): ScheduleEffect[] {
    return super.spanComplete(teacher, span).reverse();
  }
}

class SentTwice extends RunSchedule {
  override spanComplete(teacher: number, span: number): ScheduleEffect[] {
    return super.spanComplete(teacher, span).flatMap((effect) => [effect, effect]);
  }
}

class CompletedWithoutStudentForgotten extends RunSchedule {
  #attached = false;
  override attached(nextStep: number): ScheduleEffect[] {
    this.#attached = true;
    return super.attached(nextStep);
  }
  override detached(): void {
    this.#attached = false;
    super.detached();
  }
  override spanComplete(teacher: number, span: number): ScheduleEffect[] {
    return this.#attached ? super.spanComplete(teacher, span) : [];
  }
}

export const SCHEDULE_FAULTS: readonly Fault[] = [
  ['one teacher of several is enough', withSchedule(OneTeacherIsEnough)],
  ['credit is ignored', withSchedule(CreditIgnored)],
  ['credit is exceeded', withSchedule(CreditExceeded)],
  ['the window stands still', withSchedule(WindowStandsStill)],
  ['unreadable answers are not asked for again', withSchedule(UnreadableIgnored)],
  ['a target of unreadable answers is never sent', withSchedule(UnreadableNotSentAgain)],
  ['unreadable answers repeat a step', withSchedule(UnreadableSendsTooMuchAgain)],
  ['a closed run still asks', withSchedule(CloseLeaks)],
  ['spans before the window stay wanted', withSchedule(LeftSpansStayWanted)],
  ['a student that attaches again misses a step', withSchedule(StepSkippedOnAttach)],
  ['a student that attaches again gets a step twice', withSchedule(StepRepeatedOnAttach)],
  ['nothing is asked for before a student attaches', withSchedule(ExpectationIgnored)],
  ['targets are sent to a student that has gone', withSchedule(DetachmentIgnored)],
  ['a teacher is not asked for a span', withSchedule(LastTeacherNotAsked)],
  ['targets are sent out of order', withSchedule(SentOutOfOrder)],
  ['targets are sent twice', withSchedule(SentTwice)],
  [
    'a span that was sent without a teacher is sent with it the next time',
    withQuorum((quorum) => ({ ...quorum, decided: new Map() })),
  ],
  [
    'a quorum does not wait until its deadline',
    withQuorum((quorum) => ({ ...quorum, deadlineMs: 0 })),
  ],
  ['fewer than the quorum are enough', withQuorum((quorum) => ({ ...quorum, count: 1 }))],
  ['late teachers are waited for without end', withSchedule(LateTeachersWaitedFor)],
  [
    'answers that come while no student is attached are forgotten',
    withSchedule(CompletedWithoutStudentForgotten),
  ],
];
