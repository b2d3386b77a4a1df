/** Deliberate faults in the book of asks and in the receipt of answers. */
import { AnswerFrames, type Ask, type AskAction, AskBook } from '@lyceum/coordinator/asks';
import { AnswerReceipt } from '@lyceum/proto';
import { type Fault, machines, without } from './fault.js';

function withAsks(book: typeof AskBook) {
  return machines({ askBook: (tickets) => new book(tickets) });
}

function withFrames(frames: typeof AnswerFrames) {
  return machines({ answerFrames: (taker, asks) => new frames(taker, asks) });
}

class LateAnswerWelcome extends AskBook {
  readonly #known = new Map<string, Ask>();
  override asked(...args: Parameters<AskBook['asked']>): AskAction[] {
    this.#known.set(args[1].id, args[1]);
    return super.asked(...args);
  }
  override find(...[, { id }]: Parameters<AskBook['find']>): Ask[] {
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

export const ASK_FAULTS: readonly Fault[] = [
  ['an answer is stored that no run wants any more', withAsks(LateAnswerWelcome)],
  ['an answer is taken from a worker without the ticket', withAsks(AnswerOfAnybodyWelcome)],
  ['a withdrawn ask stays open', withAsks(WithdrawalIgnored)],
  ['a ticket is issued twice', withAsks(TicketIssuedTwice)],
  ['askers do not hear that the answers were stored already', withAsks(StoredAskNotSettled)],
  ['askers do not hear that there will be no answer', withAsks(FailureKeptQuiet)],
  ['half an answer settles a ticket', withFrames(HalfAnAnswerIsEnough)],
  ['rows that no ask wants settle a ticket', withFrames(UnwantedHalfCounts)],
  [
    'answers with values that are not finite are taken',
    machines({ valueProblem: () => undefined }),
  ],
];
