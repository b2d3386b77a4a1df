/** What is tried of models of numbers, by what is known of them. */
import { expect, test } from 'vitest';
import { columnsCandidate } from '../../src/check/candidate-settings.js';

test("a table's columns as they are: of ONNX models and SavedModels that take as many numbers", () => {
  const kinds = ['number', 'category', 'number'] as const;
  const columns = kinds.map((kind, n) => ({ name: `c${n}`, kind }));
  const settings = { output: 'logits', scale: 2 } as const;
  const format = 'onnx' as const;
  const model = { format, settings, fixed: new Set<string>(), inputShape: [2], columns };
  const asked = { output: 'logits', columns: ['c0', 'c2'] };
  expect(columnsCandidate(model)?.settings).toEqual(asked);
  expect(columnsCandidate({ ...model, format: 'saved-model' })?.settings).toEqual(asked);
  const others: readonly Partial<Parameters<typeof columnsCandidate>[0]>[] = [
    { format: 'layers-model' },
    { inputShape: [3] },
    { inputShape: undefined },
    { fixed: new Set(['scale']) },
    { columns: undefined },
    { settings: { ...settings, columns: ['c0'] } },
  ];
  for (const other of others) {
    expect(columnsCandidate({ ...model, ...other })).toBeUndefined();
  }
});
