/** What a run asks of a teacher about a span, and what it is given. */
import { spanAt } from '@lyceum/coordinator/schedule';
import { batchSpan } from '@lyceum/learning/orders';
import { Ticket } from '@lyceum/proto';
import type { RunSettings } from './schedule-settings.js';
import { rightAnswer } from './simulated-answers.js';
import { type SimulatedAsk, teacherId } from './simulated-desk.js';
import { Violation } from './violation.js';
import { samplesAt, type World } from './world.js';

export function askFor(
  { grid, orderSeed, viewCycle, teachers }: RunSettings,
  teacherIndex: number,
  span: number,
): SimulatedAsk {
  const teacher = teachers[teacherIndex];
  if (teacher === undefined || span < 0 || span >= grid.spanCount) {
    throw new Violation('window', `no teacher ${teacherIndex} or span ${span} is to be asked`);
  }
  const { epoch, firstPosition, positionCount } = spanAt(grid, span);
  const viewEpoch = epoch % viewCycle;
  const ticket = Ticket.fromPartial({
    viewEpoch,
    order: { seed: orderSeed, epoch },
    firstPosition,
    positionCount,
  });
  const id = `${teacherId(teacher)}/${viewEpoch}/${orderSeed}/${epoch}/${firstPosition}+${positionCount}`;
  const order = { seed: orderSeed, epoch };
  const samples = samplesAt(grid.plan.sampleCount, order, firstPosition, positionCount);
  return { id, ticket, teacher, viewEpoch, samples };
}

/** Reads what a target is made of. @returns indices of teachers whose answers are not readable. */
export function unreadableOf(
  { answers: stored }: Pick<World, 'answers'>,
  { grid, teachers, orderSeed, viewCycle }: RunSettings,
  step: number,
  contributors: readonly number[],
): number[] {
  const { epoch, firstPosition, positionCount } = batchSpan(grid.plan, step);
  const order = { seed: orderSeed, epoch };
  const samples = samplesAt(grid.plan.sampleCount, order, firstPosition, positionCount);
  const viewEpoch = epoch % viewCycle;
  return contributors.flatMap((index) => {
    const teacher = teachers[index] as number;
    const answers = stored.read(teacher, viewEpoch, samples);
    if (answers === undefined) return [index];
    samples.forEach((sample, row) => {
      if (answers[row] === rightAnswer(teacher, viewEpoch, sample)) return;
      throw new Violation('P4', `the target of step ${step} is made of a wrong answer`);
    });
    return [];
  });
}
