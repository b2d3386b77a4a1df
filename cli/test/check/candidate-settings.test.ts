/** `columnsCandidate`: the settings to try for a model of a table's columns. */
import { expect, test } from 'vitest';
import { columnsCandidate } from '../../src/check/candidate-settings.js';

test('columnsCandidate gives the number columns to ONNX models and SavedModels of as many inputs', () => {
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
