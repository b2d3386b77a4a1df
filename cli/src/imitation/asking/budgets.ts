/**
 * Budgets of `--max-cost`. A call begins only if its greatest cost, and those of the calls under way, fit into the
 * rest of each budget. If it would fit without the calls under way, it waits for them. So no budget is exceeded,
 * except where a server counts more than the greatest cost of a call: then by the calls under way, because later
 * calls of this teacher are taken to cost as much as its dearest call.
 */
import { hasPrice, type Imitation } from '@lyceum/learning/specification';
import { Wakeup } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { moneyText } from './costs.js';

/** `--max-cost [TEACHER=]AMOUNT`. */
export interface MaxCost {
  /** Absent: the amount is for all teachers together. */
  readonly teacher?: string;
  readonly amount: number;
}

/** Relative tolerance: sums of prices are not exact in binary. */
const ROUNDING = 1e-9;

interface Budget extends MaxCost {
  readonly currency: string;
  spent: number;
  /** Sum of the greatest costs of the calls under way. */
  underWay: number;
}

/** A call's reservation in its budgets, from before the call begins until it has ended. */
export interface Hold {
  /** @throws {LyceumError} RESOURCE_EXHAUSTED if the rest of a budget is too small for another try. */
  check(): void;
  spend(cost: number): void;
  release(): void;
}

export class Budgets {
  readonly #budgets: readonly Budget[];
  readonly #released = new Wakeup();
  /** By teacher: the cost of the dearest try that exceeded its expected greatest cost. */
  readonly #dearest = new Map<string, number>();

  /**
   * @param spent - by teacher, before this process.
   * @throws {LyceumError} INVALID_ARGUMENT naming an amount that limits nothing.
   */
  constructor(
    { spec }: Imitation,
    maxCosts: readonly MaxCost[],
    spent: ReadonlyMap<string, number>,
  ) {
    this.#budgets = maxCosts.map((own, i) => {
      const refuse = (why: string) =>
        new LyceumError('INVALID_ARGUMENT', `--max-cost ${maxCostText(own)}: ${why}`);
      if (maxCosts.findIndex(({ teacher }) => teacher === own.teacher) < i) {
        throw refuse(
          own.teacher === undefined ? 'is given twice' : 'is given twice for this teacher',
        );
      }
      const bounded = spec.teachers.filter(({ name }) => own.teacher === undefined || name === own.teacher); // biome-ignore format: one line
      if (bounded.length === 0) {
        throw refuse(`no teacher has this name; there are ${spec.teachers.map(({ name }) => name).join(', ')}`); // biome-ignore format: one line
      }
      const priced = bounded.filter(({ endpoint }) => hasPrice(endpoint));
      const currencies = [...new Set(priced.map(({ endpoint }) => endpoint.price.currency))];
      const [currency] = currencies;
      if (currency === undefined) {
        const who =
          own.teacher === undefined
            ? 'no teacher has a price'
            : `teacher ${own.teacher} has no price`;
        throw refuse(`${who}; want endpoint.price`);
      }
      if (currencies.length > 1) {
        throw refuse(`prices are in ${currencies.join(' and ')}; want an amount for each teacher`);
      }
      const before = priced.reduce((sum, { name }) => sum + (spent.get(name) ?? 0), 0);
      return { ...own, currency, spent: before, underWay: 0 };
    });
  }

  /**
   * Waits until a call fits into the teacher's budgets.
   *
   * @param expected - greatest cost of the call.
   * @throws {LyceumError} RESOURCE_EXHAUSTED if the call may cost more than the rest of a budget; the signal's reason.
   */
  async hold(teacher: string, expected: number, signal: AbortSignal): Promise<Hold> {
    const own = this.#budgets.filter((b) => b.teacher === undefined || b.teacher === teacher);
    const greatestNow = () => Math.max(expected, this.#dearest.get(teacher) ?? 0);
    let greatest = expected;
    for (;;) {
      signal.throwIfAborted();
      greatest = greatestNow();
      for (const budget of own) requireRoom(budget, greatest, 0);
      if (own.every((budget) => hasRoom(budget, greatest, budget.underWay))) break;
      await this.#released.wait({ signal });
    }
    for (const budget of own) budget.underWay += greatest;
    return {
      check: () => {
        for (const budget of own) requireRoom(budget, greatestNow(), budget.underWay - greatest);
      },
      spend: (cost) => {
        if (cost > expected * (1 + ROUNDING)) {
          this.#dearest.set(teacher, Math.max(cost, this.#dearest.get(teacher) ?? 0));
        }
        for (const budget of own) budget.spent += cost;
      },
      release: () => {
        for (const budget of own) budget.underWay -= greatest;
        this.#released.wake();
      },
    };
  }
}

/** @returns undefined: the text is no amount above 0. */
export function parseMaxCost(text: string): MaxCost | undefined {
  const [, teacher, digits = ''] = /^(?:([^=]+)=)?(\d+(?:\.\d+)?|\.\d+)$/.exec(text) ?? [];
  const amount = Number(digits);
  if (!(amount > 0)) return undefined;
  return { ...(teacher !== undefined && { teacher }), amount };
}

function maxCostText({ teacher, amount }: MaxCost): string {
  return teacher === undefined ? String(amount) : `${teacher}=${amount}`;
}

function hasRoom({ amount, spent }: Budget, greatest: number, beside: number): boolean {
  return spent + beside + greatest <= amount * (1 + ROUNDING);
}

function requireRoom(budget: Budget, greatest: number, beside: number): void {
  if (hasRoom(budget, greatest, beside)) return;
  const { currency, spent } = budget;
  const message = `--max-cost ${maxCostText(budget)}: ${moneyText(spent)} ${currency} are spent; the next call may cost ${moneyText(greatest)}, more than is left`;
  throw new LyceumError('RESOURCE_EXHAUSTED', message);
}
