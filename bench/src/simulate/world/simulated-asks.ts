/** The asks of a run to a teacher about a span, and reading of the answers. */
import { type Ask, askFor } from '@lyceum/coordinator/asks';
import { spanAt } from '@lyceum/coordinator/schedule';
import { batchSpan } from '@lyceum/learning/orders';
import { Violation } from '../rules/index.js';
import type { RunSettings } from './schedule-settings.js';
import { otherAnswer, rightAnswer } from './simulated-answers.js';
import { samplesAt, type World } from './world.js';

const SET_DIGEST = '5e'.repeat(32);

/** The teacher's identity. */
export function teacherId(teacher: number): string {
  return teacher.toString(16).padStart(64, '0');
}

export function teacherOf(identity: string): number {
  return Number.parseInt(identity, 16);
}

/** The asks of a run for its spans. */
export class SpanAskTable {
  readonly #run: RunSettings;
  readonly #asks = new Map<string, Ask>();
  readonly #spans = new Map<string, number>();

  constructor(run: RunSettings) {
    this.#run = run;
  }

  /** @param teacher - its index in the ensemble. */
  of(teacher: number, span: number): Ask {
    const key = `${this.#run.teachers[teacher]}:${span}`;
    const known = this.#asks.get(key);
    if (known !== undefined) return known;
    const ask = askOf(this.#run, teacher, span);
    this.#asks.set(key, ask);
    this.#spans.set(ask.id, span);
    return ask;
  }

  /** @throws {Error} if there was never such an ask. */
  spanOf(askId: string): number {
    const span = this.#spans.get(askId);
    if (span === undefined) throw new Error(`${this.#run.runId} never asked for ${askId}`);
    return span;
  }
}

function askOf(
  { grid, orderSeed, viewCycle, teachers }: RunSettings,
  teacherIndex: number,
  span: number,
): Ask {
  const teacher = teachers[teacherIndex];
  if (teacher === undefined || span < 0 || span >= grid.spanCount) {
    throw new Violation('window', `the run has no teacher ${teacherIndex} or no span ${span}`);
  }
  const { sampleCount } = grid.plan;
  const at = spanAt(grid, span);
  const order = { seed: orderSeed, epoch: at.epoch };
  return askFor(
    { digest: SET_DIGEST, classCount: 2, sampleCount },
    {
      teacherIdentity: teacherId(teacher),
      split: 'train',
      view: { text: 'identity', epoch: at.epoch % viewCycle },
      order: { seed: orderSeed },
      span: at,
      outputs: [{ name: 'logits', rowLength: 1, codec: 'float32' }],
    },
    samplesAt(sampleCount, order, at.firstPosition, at.positionCount),
  );
}

export interface ReadTarget {
  /** Indices of teachers whose answers are not readable. */
  readonly unreadable: readonly number[];
  /** Whether the target is made of answers of another model. */
  readonly isOfOther: boolean;
}

/** Reads the answers that a target is made of. */
export function readTarget(
  { answers: stored }: Pick<World, 'answers'>,
  { grid, teachers, orderSeed, viewCycle }: RunSettings,
  step: number,
  contributors: readonly number[],
): ReadTarget {
  const { epoch, firstPosition, positionCount } = batchSpan(grid.plan, step);
  const order = { seed: orderSeed, epoch };
  const samples = samplesAt(grid.plan.sampleCount, order, firstPosition, positionCount);
  const viewEpoch = epoch % viewCycle;
  let isOfOther = false;
  const unreadable = contributors.flatMap((index) => {
    const teacher = teachers[index] as number;
    const answers = stored.read(teacher, viewEpoch, samples);
    if (answers === undefined) return [index];
    samples.forEach((sample, row) => {
      if (answers[row] === rightAnswer(teacher, viewEpoch, sample)) return;
      if (answers[row] !== otherAnswer(teacher, viewEpoch, sample)) {
        throw new Violation('P4', `the target of step ${step} is made of a wrong answer`);
      }
      isOfOther = true;
    });
    return [];
  });
  return { unreadable, isOfOther };
}
