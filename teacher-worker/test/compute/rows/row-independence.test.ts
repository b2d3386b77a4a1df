/**
 * Stand-in teachers that give one row a sample, from a table. onnx-teacher.test.ts has models that look at other rows.
 */
import type { Dataset } from '@lyceum/learning/datasets';
import { expect, test } from 'vitest';
import type { TeacherEngine } from '../../../src/compute/engine/index.js';
import { requireRowIndependence } from '../../../src/compute/rows/row-independence.js';

const samples = Uint32Array.of(0, 1, 2, 3);

/** @param noise - added to the answer's last row, one for each question. */
function checked(values: readonly number[], movesBy: number, noise: readonly number[] = []) {
  let asked = 0;
  const answer = async ({ samples: wanted }: { readonly samples: Uint32Array }) => {
    const own = Float32Array.from(wanted, (sample) => values[sample] as number);
    own[own.length - 1] = (own.at(-1) as number) + (noise[asked++] ?? 0);
    return [{ name: 'logits', width: 1, values: own }];
  };
  const teacher = { movesBy, answer } as unknown as TeacherEngine;
  return requireRowIndependence(teacher, {} as Dataset, samples);
}

test('requireRowIndependence lets answers move by the share `movesBy` of the greatest logit', async () => {
  await checked([1, -10, 2, 3], 1e-2, [0, 0.09]);
  await expect(checked([1, -10, 2, 3], 1e-2, [0, 0.11])).rejects.toThrow('row 1 is -9.89');
});

test('requireRowIndependence does not take NaN or an infinity for a change', async () => {
  await checked([1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 1e-2);
  // Such values do not hide another row that moves.
  await expect(checked([Number.NaN, 2, 3, 4], 1e-2, [0, 0.5])).rejects.toThrow('row 1 is 2.5');
});
