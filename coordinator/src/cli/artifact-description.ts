/** What the coordinator knows of a model or a data set, in a few words. */
import { z } from 'zod';
import { countText } from './table.js';

const datasetDescription = z.object({
  sampleShape: z.array(z.number()),
  classCount: z.number(),
  splits: z.record(z.string(), z.object({ samples: z.number(), labelled: z.number() })),
});

const modelDescription = z.object({
  inputShape: z.array(z.number()).optional(),
  classCount: z.number().optional(),
  parameterCount: z.number(),
  output: z.string(),
});

/** `[28, 28, 1], 10 classes; train 7,001 (200 labelled), …`; undefined if nothing is understood. */
export function datasetText(description: unknown): string | undefined {
  const { data } = datasetDescription.safeParse(description);
  if (data === undefined) return undefined;
  const splits = Object.entries(data.splits).map(([name, { samples, labelled }]) => {
    const some = labelled === samples ? '' : ` (${countText(labelled)} labelled)`;
    return `${name} ${countText(samples)}${some}`;
  });
  return `[${data.sampleShape.join(', ')}], ${data.classCount} classes; ${splits.join(', ')}`;
}

/** `[28, 28, 1] to 10 classes; 266,610 parameters; logits`; undefined if nothing is understood. */
export function modelText(description: unknown): string | undefined {
  const { data } = modelDescription.safeParse(description);
  if (data === undefined) return undefined;
  const from = data.inputShape === undefined ? 'any input' : `[${data.inputShape.join(', ')}]`;
  const to = data.classCount === undefined ? '' : ` to ${data.classCount} classes`;
  return `${from}${to}; ${countText(data.parameterCount)} parameters; ${data.output}`;
}
