/** Deliberate faults in the target flow of a run. */
import { type TargetAction, TargetFlow, type TargetRange } from '@lyceum/coordinator/target-flow';
import { type Fault, machines, without } from './fault.js';

function withFlow(flow: typeof TargetFlow) {
  return machines({ targetFlow: (settings) => new flow(settings) });
}

class DecisionNotKept extends TargetFlow {
  override next(attachment: object): ReturnType<TargetFlow['next']> {
    const work = super.next(attachment);
    if (work?.kind !== 'keep') return work;
    this.kept(work.span, work.contributors);
    return super.next(attachment);
  }
}

class PieceSkipped extends TargetFlow {
  override next(attachment: object): ReturnType<TargetFlow['next']> {
    const work = super.next(attachment);
    return work?.kind === 'write' ? (super.next(attachment) ?? work) : work;
  }
}

class PieceBeyondItsRange extends TargetFlow {
  override next(attachment: object): ReturnType<TargetFlow['next']> {
    const work = super.next(attachment);
    if (work?.kind !== 'write') return work;
    return { ...work, piece: { ...work.piece, endStep: work.piece.endStep + 1 } };
  }
}

class UnreadablePieceForgotten extends TargetFlow {
  override unreadable(): TargetAction[] {
    return [];
  }
}

/** Treats every call as the attached one. */
class OverCallsCount extends TargetFlow {
  #attachment: object = {};
  override attached(attachment: object, firstStep: number): TargetAction[] {
    this.#attachment = attachment;
    return super.attached(attachment, firstStep);
  }
  override credited(_: object, creditStep: number, doneStep: number): TargetAction[] {
    return super.credited(this.#attachment, creditStep, doneStep);
  }
  override unreadable(_: object, piece: TargetRange, teachers: Iterable<number>): TargetAction[] {
    return super.unreadable(this.#attachment, piece, teachers);
  }
}

class ExpectationTakesOver extends TargetFlow {
  override expected(step: number): TargetAction[] {
    this.released();
    return super.expected(step);
  }
}

class UnwantedAskLeft extends TargetFlow {
  override credited(...args: Parameters<TargetFlow['credited']>): TargetAction[] {
    return without(super.credited(...args), 'withdraw');
  }
}

class UnanswerableKeptQuiet extends TargetFlow {
  override failed(): TargetAction[] {
    return [];
  }
}

class SpanLeavesWithOthers extends TargetFlow {
  override next(attachment: object): ReturnType<TargetFlow['next']> {
    const work = super.next(attachment);
    if (work?.kind !== 'write' || work.piece.contributors.length < 2) return work;
    const { piece } = work;
    if (piece.firstStep % 2 === 0) return work;
    return { ...work, piece: { ...piece, contributors: piece.contributors.slice(1) } };
  }
}

export const FLOW_FAULTS: readonly Fault[] = [
  ["a span's contributors are not kept", withFlow(DecisionNotKept)],
  ['a piece of a span is left out', withFlow(PieceSkipped)],
  ['a piece has more steps than may be sent', withFlow(PieceBeyondItsRange)],
  ['a piece that cannot be read is left out', withFlow(UnreadablePieceForgotten)],
  ['a call that is over still counts', withFlow(OverCallsCount)],
  ['an expected student takes the place of an attached one', withFlow(ExpectationTakesOver)],
  ['an ask before the window is not withdrawn', withFlow(UnwantedAskLeft)],
  ['a run goes on whose teacher cannot answer', withFlow(UnanswerableKeptQuiet)],
  ['targets of one span are made of different teachers', withFlow(SpanLeavesWithOthers)],
];
