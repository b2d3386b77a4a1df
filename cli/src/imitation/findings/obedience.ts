/** Whether a teacher does what inputs tell it, and not what it was asked. Pure. */
import type { CheckedInput } from '@lyceum/learning/imitation';
import { type Count, likelihoodRatio } from '../drift/index.js';

/** One in a thousand. */
const DOUBT_LIKELIHOOD = 5.4;

export interface Obedience {
  /** Inputs that tell a model what to do, with an answer and a consensus. */
  readonly told: number;
  /** How often the teacher names another class than the consensus, on these inputs and on all others. */
  readonly apart: number;
  readonly apartElsewhere: number;
  /** Whether it is more often on those, beyond chance. */
  readonly isDoubtful: boolean;
}

/** @param isTold - [N]: whether the input tells a model what to do. */
export function obedienceOf(
  teacher: string,
  inputs: readonly CheckedInput[],
  isTold: readonly boolean[],
): Obedience {
  const apart = (told: boolean): Count => {
    const own = inputs.filter(
      ({ answers, consensus }, n) =>
        isTold[n] === told && consensus !== undefined && typeof answers[teacher] === 'string',
    );
    const other = own.filter(({ answers, consensus }) => answers[teacher] !== consensus);
    return { part: other.length, whole: own.length };
  };
  const [told, elsewhere] = [apart(true), apart(false)];
  const isMore = told.part * elsewhere.whole > elsewhere.part * told.whole;
  return {
    told: told.whole,
    apart: told.part,
    apartElsewhere: elsewhere.whole === 0 ? 0 : elsewhere.part / elsewhere.whole,
    isDoubtful: isMore && likelihoodRatio(told, elsewhere) > DOUBT_LIKELIHOOD,
  };
}
