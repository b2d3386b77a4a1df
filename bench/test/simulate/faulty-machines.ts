/** Deliberate faults, each a thin layer over one of the coordinator's machines, for the simulator to find. */
import { AnswerFrames, type Ask, type AskAction, AskBook } from '@lyceum/coordinator/asks';
import {
  type QuorumSettings,
  RunSchedule,
  type ScheduleEffect,
  TicketBook,
  type TicketEffect,
} from '@lyceum/coordinator/schedule';
import { type TargetAction, TargetFlow, type TargetRange } from '@lyceum/coordinator/target-flow';
import { type AnswerFrame, AnswerReceipt } from '@lyceum/proto';
import { REAL_MACHINES } from '../../src/simulate/play-schedule.js';
import type { Machines } from '../../src/simulate/world/index.js';

type Kind<E extends { readonly kind: string }> = E['kind'];

function without<E extends { readonly kind: string }>(effects: E[], ...kinds: Kind<E>[]): E[] {
  return effects.filter((effect) => !kinds.includes(effect.kind));
}

function withBook(book: new () => TicketBook): Machines {
  return { ...REAL_MACHINES, ticketBook: () => new book() };
}

function withAsks(book: typeof AskBook): Machines {
  return { ...REAL_MACHINES, askBook: (tickets) => new book(tickets) };
}

function withFrames(frames: typeof AnswerFrames): Machines {
  return { ...REAL_MACHINES, answerFrames: (taker, asks) => new frames(taker, asks) };
}

function withFlow(flow: typeof TargetFlow): Machines {
  return { ...REAL_MACHINES, targetFlow: (settings) => new flow(settings) };
}

/** The schedule under other terms of its quorum than the run's. */
function withQuorum(change: (quorum: QuorumSettings) => QuorumSettings): Machines {
  return {
    ...REAL_MACHINES,
    runSchedule: ({ quorum, ...settings }) =>
      new RunSchedule({ ...settings, quorum: quorum && change(quorum) }),
  };
}

function withSchedule(schedule: typeof RunSchedule): Machines {
  return { ...REAL_MACHINES, runSchedule: (settings) => new schedule(settings) };
}

class SessionEndIgnored extends TicketBook {
  override sessionEnded(): TicketEffect[] {
    return [];
  }
}

class SessionEndPublishesNothing extends TicketBook {
  override sessionEnded(...args: Parameters<TicketBook['sessionEnded']>): TicketEffect[] {
    return without(super.sessionEnded(...args), 'publish');
  }
}

class SessionEndLooksNowhere extends TicketBook {
  override sessionEnded(workerId: string, _: Iterable<string>, nowMs: number): TicketEffect[] {
    return super.sessionEnded(workerId, [], nowMs);
  }
}

class WaitingTicketForgotten extends TicketBook {
  override tick(nowMs: number): TicketEffect[] {
    return without(super.tick(nowMs), 'publish');
  }
}

class QueueNeverLookedAt extends TicketBook {
  override tick(nowMs: number): TicketEffect[] {
    return without(super.tick(nowMs), 'probe');
  }
}

class QueueLossIgnored extends TicketBook {
  override queueLost(): TicketEffect[] {
    return [];
  }
}

class QueueLossPublishesNothing extends TicketBook {
  override queueLost(nowMs: number): TicketEffect[] {
    return without(super.queueLost(nowMs), 'publish');
  }
}

class DeliveryIgnored extends TicketBook {
  override delivered(): TicketEffect[] {
    return [];
  }
}

class SilentWorkerKeepsTicket extends TicketBook {
  readonly #ids = new Set<string>();
  override want(...args: Parameters<TicketBook['want']>): TicketEffect[] {
    this.#ids.add(args[1]);
    return super.want(...args);
  }
  override tick(nowMs: number): TicketEffect[] {
    for (const id of this.#ids) this.progressed(id, nowMs);
    return super.tick(nowMs);
  }
}

class AttemptReused extends TicketBook {
  readonly #attempts = new Map<string, number>();
  override want(...args: Parameters<TicketBook['want']>): TicketEffect[] {
    return super.want(...args).map((effect) => this.#withFirstAttempt(effect));
  }
  override tick(nowMs: number): TicketEffect[] {
    return super.tick(nowMs).map((effect) => this.#withFirstAttempt(effect));
  }
  override sessionEnded(...args: Parameters<TicketBook['sessionEnded']>): TicketEffect[] {
    return super.sessionEnded(...args).map((effect) => this.#withFirstAttempt(effect));
  }
  #withFirstAttempt(effect: TicketEffect): TicketEffect {
    if (effect.kind !== 'publish') return effect;
    const attempt = this.#attempts.get(effect.id) ?? effect.ticket.attempt;
    this.#attempts.set(effect.id, attempt);
    return { ...effect, ticket: { ...effect.ticket, attempt } };
  }
}

class UnwantIgnored extends TicketBook {
  override unwant(): TicketEffect[] {
    return [];
  }
}

class UnwantOfOneIsUnwantOfAll extends TicketBook {
  readonly #owners = new Map<string, Set<string>>();
  override want(...args: Parameters<TicketBook['want']>): TicketEffect[] {
    const [owner, id] = args;
    this.#owners.set(id, (this.#owners.get(id) ?? new Set()).add(owner));
    return super.want(...args);
  }
  override unwant(_: string, id: string): TicketEffect[] {
    return [...(this.#owners.get(id) ?? [])].flatMap((owner) => super.unwant(owner, id));
  }
}

class SecondAskerNotNoted extends TicketBook {
  override want(...args: Parameters<TicketBook['want']>): TicketEffect[] {
    return this.isWanted(args[1]) ? [] : super.want(...args);
  }
}

class OneAskerTold extends TicketBook {
  override answered(id: string): TicketEffect[] {
    return super
      .answered(id)
      .map((effect) =>
        effect.kind === 'satisfied' ? { ...effect, owners: effect.owners.slice(0, 1) } : effect,
      );
  }
}

class UnwantedMessageLeft extends TicketBook {
  override unwant(owner: string, id: string): TicketEffect[] {
    return without(super.unwant(owner, id), 'remove');
  }
}

class AnsweredMessageLeft extends TicketBook {
  override answered(id: string): TicketEffect[] {
    return without(super.answered(id), 'remove');
  }
}

class FailedPublishingForgotten extends TicketBook {
  override publishFailed(): void {}
}

class ReturnIgnored extends TicketBook {
  override returned(): TicketEffect[] {
    return [];
  }
}

class RefusalIgnored extends TicketBook {
  override rejected(): TicketEffect[] {
    return [];
  }
  override returned(...args: Parameters<TicketBook['returned']>): TicketEffect[] {
    const [workerId, id, attempt, { reason }, nowMs] = args;
    return super.returned(workerId, id, attempt, { reason, retryable: true }, nowMs);
  }
}

class GivenUpAtFirstRefusal extends TicketBook {
  override rejected(...args: Parameters<TicketBook['rejected']>): TicketEffect[] {
    const [id, attempt, reason, nowMs] = args;
    for (;;) {
      const effects = super.rejected(id, attempt, reason, nowMs);
      const issue = effects.find((effect) => effect.kind === 'reissued');
      if (issue === undefined) return effects;
      args[1] = issue.ticket.attempt;
      return this.rejected(id, issue.ticket.attempt, reason, nowMs);
    }
  }
}

class StrangersAnswerUnwelcome extends TicketBook {
  override answered(id: string): TicketEffect[] {
    return this.holderOf(id) === undefined ? [] : super.answered(id);
  }
}

class LateAnswerWelcome extends AskBook {
  readonly #known = new Map<string, Ask>();
  override asked(...args: Parameters<AskBook['asked']>): AskAction[] {
    this.#known.set(args[1].id, args[1]);
    return super.asked(...args);
  }
  override find(id: string): Ask[] {
    const ask = this.#known.get(id);
    return ask === undefined ? [] : [ask];
  }
}

class AnswerOfAnybodyWelcome extends AskBook {
  override holds(): boolean {
    return true;
  }
}

class WithdrawalIgnored extends AskBook {
  override withdrawn(): AskAction[] {
    return [];
  }
}

class TicketIssuedTwice extends AskBook {
  override tick(nowMs: number): AskAction[] {
    return super
      .tick(nowMs)
      .flatMap((action) => Array<AskAction>(action.kind === 'publish' ? 2 : 1).fill(action));
  }
}

class StoredAskNotSettled extends AskBook {
  override lookedUp(...args: Parameters<AskBook['lookedUp']>): AskAction[] {
    return without(super.lookedUp(...args), 'satisfied');
  }
}

class FailureKeptQuiet extends AskBook {
  override rejected(...args: Parameters<AskBook['rejected']>): AskAction[] {
    return without(super.rejected(...args), 'failed');
  }
}

class HalfAnAnswerIsEnough extends AnswerFrames {
  override stored(rows: Parameters<AnswerFrames['stored']>[0]): AnswerReceipt | undefined {
    super.stored(rows);
    return AnswerReceipt.fromPartial({ ticket: rows.ticket, wanted: rows.asks.length > 0 });
  }
}

class UnwantedHalfCounts extends AnswerFrames {
  override stored(rows: Parameters<AnswerFrames['stored']>[0]): AnswerReceipt | undefined {
    const receipt = super.stored(rows);
    return receipt && { ...receipt, wanted: rows.asks.length > 0 };
  }
}

class NumbersNotChecked extends AnswerFrames {
  override came(frame: AnswerFrame): ReturnType<AnswerFrames['came']> {
    const rows = super.came(frame);
    const rowCount = frame.tensors[0]?.shape[0] ?? 0;
    return { ...rows, rowCount, problem: undefined };
  }
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

/** Believes every call that it is the one attached. */
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

export const FAULTS: readonly (readonly [string, Machines])[] = [
  ['the end of a session is ignored', withBook(SessionEndIgnored)],
  ['what a session held is not published anew', withBook(SessionEndPublishesNothing)],
  ['what was delivered to the dead is not looked for', withBook(SessionEndLooksNowhere)],
  ['a ticket that waits for its next issue is forgotten', withBook(WaitingTicketForgotten)],
  ['a queue is never looked at', withBook(QueueNeverLookedAt)],
  ['what was delivered to nobody is not issued again', withBook(DeliveryIgnored)],
  ['a lost queue is not noticed', withBook(QueueLossIgnored)],
  ['tickets of a lost queue are not published again', withBook(QueueLossPublishesNothing)],
  ['a silent worker keeps its ticket for ever', withBook(SilentWorkerKeepsTicket)],
  ['an attempt number is used again', withBook(AttemptReused)],
  ['what is no longer wanted stays wanted', withBook(UnwantIgnored)],
  ['one asker withdraws for all', withBook(UnwantOfOneIsUnwantOfAll)],
  ['a second asker is not noted', withBook(SecondAskerNotNoted)],
  ['only one asker is told', withBook(OneAskerTold)],
  ['the message of an unwanted ticket is left', withBook(UnwantedMessageLeft)],
  ['the message of an answered ticket is left', withBook(AnsweredMessageLeft)],
  ['a ticket that could not be published is forgotten', withBook(FailedPublishingForgotten)],
  ['a ticket handed back is not issued again', withBook(ReturnIgnored)],
  ['a wrong answer is asked for again without end', withBook(RefusalIgnored)],
  ['a run is given up at the first wrong answer', withBook(GivenUpAtFirstRefusal)],
  ['an answer is welcome from its holder alone', withBook(StrangersAnswerUnwelcome)],
  ['an answer that nobody wants any more is stored', withAsks(LateAnswerWelcome)],
  ['an answer is welcome from anybody', withAsks(AnswerOfAnybodyWelcome)],
  ['a withdrawn ask stays open', withAsks(WithdrawalIgnored)],
  ['a ticket is issued twice', withAsks(TicketIssuedTwice)],
  ['nobody is told that answers were there', withAsks(StoredAskNotSettled)],
  ['nobody is told that there will be no answer', withAsks(FailureKeptQuiet)],
  ['half an answer settles a ticket', withFrames(HalfAnAnswerIsEnough)],
  ['rows that nobody wanted settle a ticket', withFrames(UnwantedHalfCounts)],
  ['answers are taken that are no numbers', withFrames(NumbersNotChecked)],
  ['what a span is made of is not kept', withFlow(DecisionNotKept)],
  ['a piece of a span is left out', withFlow(PieceSkipped)],
  ['a piece goes beyond what may leave', withFlow(PieceBeyondItsRange)],
  ['what cannot be read is left out', withFlow(UnreadablePieceForgotten)],
  ['a call that is over still counts', withFlow(OverCallsCount)],
  ['an expectation takes over from a student', withFlow(ExpectationTakesOver)],
  ['an ask behind the window is not withdrawn', withFlow(UnwantedAskLeft)],
  ['a run goes on whose teacher cannot answer', withFlow(UnanswerableKeptQuiet)],
  ['targets of one span are made of different teachers', withFlow(SpanLeavesWithOthers)],
  ['one teacher of several is enough', withSchedule(OneTeacherIsEnough)],
  ['credit is ignored', withSchedule(CreditIgnored)],
  ['credit is exceeded', withSchedule(CreditExceeded)],
  ['the window stands still', withSchedule(WindowStandsStill)],
  ['unreadable answers are not asked for again', withSchedule(UnreadableIgnored)],
  ['a target of unreadable answers never leaves', withSchedule(UnreadableNotSentAgain)],
  ['unreadable answers repeat a step', withSchedule(UnreadableSendsTooMuchAgain)],
  ['a closed run still asks', withSchedule(CloseLeaks)],
  ['spans behind the window stay wanted', withSchedule(LeftSpansStayWanted)],
  ['a student that attaches anew misses a step', withSchedule(StepSkippedOnAttach)],
  ['a student that attaches anew gets a step twice', withSchedule(StepRepeatedOnAttach)],
  ['nothing is asked for before a student attaches', withSchedule(ExpectationIgnored)],
  ['targets leave to a student that is gone', withSchedule(DetachmentIgnored)],
  ['a teacher is not asked for a span', withSchedule(LastTeacherNotAsked)],
  ['targets leave out of order', withSchedule(SentOutOfOrder)],
  ['targets leave twice', withSchedule(SentTwice)],
  [
    'a span that went without a teacher leaves with it when it is taken again',
    withQuorum((quorum) => ({ ...quorum, decided: new Map() })),
  ],
  [
    'a quorum does not wait until its deadline',
    withQuorum((quorum) => ({ ...quorum, deadlineMs: 0 })),
  ],
  ['fewer than the quorum are enough', withQuorum((quorum) => ({ ...quorum, count: 1 }))],
  ['late teachers are waited for without end', withSchedule(LateTeachersWaitedFor)],
  [
    'answers that come while nobody is attached are forgotten',
    withSchedule(CompletedWithoutStudentForgotten),
  ],
];
