/** Problems of terms that use the k most probable classes. */
import { targetNeed } from '@lyceum/learning/objectives';
import type { RunSpecification } from '@lyceum/learning/specification';
import type { Problem } from '@lyceum/proto';
import type { DatasetOutline } from '../../artifacts/index.js';

/** Greatest size of a step's table [rows, k, classes]: 512 MiB of float32. */
const TOP_K_MAX_NUMBERS = 2 ** 27;

export function topKProblems(
  { kind, spec }: RunSpecification,
  { classCount }: DatasetOutline,
): Problem[] {
  if (kind !== 'Distillation') return [];
  return spec.objective.flatMap((term, index) => {
    const need = targetNeed(term, spec.ensemble);
    if (need?.kind !== 'top-k') return [];
    const path = `spec.objective[${index}].k`;
    if (need.count > classCount) {
      return [{ path, message: `is ${need.count}, and spec.dataset has ${classCount} classes` }];
    }
    const { batchSize } = spec.training;
    const numbers = batchSize * need.count * classCount;
    if (numbers <= TOP_K_MAX_NUMBERS) return [];
    const message = `takes ${numbers} numbers a step with spec.training.batchSize: ${batchSize} and ${classCount} classes; want at most ${TOP_K_MAX_NUMBERS}: lower either, or use term: kd`;
    return [{ path, message }];
  });
}
