/** How a model behind a server is asked as a classifier, by its metadata. Pure; problems say why it cannot be asked. */
import type { Problem } from '@lyceum/proto';
import { tensorText } from '../formats/remote/index.js';
import type { Layout, ModelSettings } from '../models/index.js';
import type { InferenceDescription, InferenceTensorMetadata } from '../specification/index.js';
import { isNumberDatatype } from './tensor-bytes.js';

/** A model's metadata as servers tell it, of which `FoundModel` has a part. */
export interface ModelMetadata {
  readonly platform: string;
  readonly versions: readonly string[];
  readonly inputs: readonly InferenceTensorMetadata[];
  readonly outputs: readonly InferenceTensorMetadata[];
}

export interface AskedModel {
  readonly input: InferenceTensorMetadata;
  readonly output: InferenceTensorMetadata;
  /** Shape of one sample, in the model's layout. */
  readonly sampleShape: readonly number[];
  readonly layout: Layout | undefined;
  /** Rows that a request must have; undefined: any number. */
  readonly fixedRows: number | undefined;
}

/** @returns undefined if the model cannot be asked, with the reasons added to `problems`. */
export function askedModel(
  metadata: ModelMetadata,
  description: Pick<InferenceDescription, 'input' | 'inputShape'>,
  settings: Partial<ModelSettings>,
  problems: Problem[],
): AskedModel | undefined {
  const input = inputOf(metadata, description.input, problems);
  const output = outputOf(metadata, settings.outputName, problems);
  if (input === undefined || output === undefined) return undefined;
  const sampleShape = sampleShapeOf(input, description.inputShape, problems);
  if (sampleShape === undefined) return undefined;
  const layout = settings.layout ?? guessedLayout(sampleShape, problems);
  const rows = input.shape[0] as number;
  if (problems.length > 0) return undefined;
  return { input, output, sampleShape, layout, fixedRows: rows > 0 ? rows : undefined };
}

function inputOf(
  { inputs }: ModelMetadata,
  named: string | undefined,
  problems: Problem[],
): InferenceTensorMetadata | undefined {
  const listed = inputs.map(tensorText).join(', ') || 'none';
  const chosen = named === undefined ? inputs : inputs.filter(({ name }) => name === named);
  const [input] = chosen;
  const wrong =
    input === undefined
      ? named === undefined
        ? 'the server names no input'
        : `the model has no input ${named}; its inputs are ${listed}`
      : chosen.length > 1
        ? `the model has several inputs; name the one for samples: ${listed}`
        : isNumberDatatype(input.datatype)
          ? undefined
          : `is ${tensorText(input)}; want numbers: texts cannot be sent`;
  if (wrong === undefined) return input;
  problems.push({ path: 'input', message: wrong });
  return undefined;
}

function outputOf(
  { outputs }: ModelMetadata,
  named: string | undefined,
  problems: Problem[],
): InferenceTensorMetadata | undefined {
  const listed = outputs.map(tensorText).join(', ') || 'none';
  const usable = outputs.filter(
    ({ datatype, shape }) => isNumberDatatype(datatype) && shape.length === 2,
  );
  const chosen = named === undefined ? usable : usable.filter(({ name }) => name === named);
  if (chosen.length === 1) return chosen[0];
  const message =
    usable.length === 0
      ? `the model has no output of numbers [batch, classes]; its outputs are ${listed}`
      : named === undefined
        ? `the model has several outputs that may tell the classes; name one in its settings: ${listed}`
        : `the model has no output ${named} of numbers [batch, classes]; its outputs are ${listed}`;
  problems.push({ path: 'settings.outputName', message });
  return undefined;
}

/** The shape of one sample. The first dimension is the batch's, as with all three servers. */
function sampleShapeOf(
  input: InferenceTensorMetadata,
  given: readonly number[] | undefined,
  problems: Problem[],
): readonly number[] | undefined {
  const own = input.shape.slice(1);
  const path = 'inputShape';
  if (input.shape.length < 2) {
    const message = `the model's input is ${tensorText(input)}; want [batch, …one sample]`;
    problems.push({ path, message });
    return undefined;
  }
  if (given === undefined) {
    if (own.every((size) => size > 0)) return own;
    const message = `the model's input is ${tensorText(input)}; name the sizes of one sample, as it has them behind the batch`;
    problems.push({ path, message });
    return undefined;
  }
  const fits =
    given.length === own.length && own.every((size, i) => size <= 0 || size === given[i]);
  if (fits) return given;
  const message = `is [${given}], and the model's input is ${tensorText(input)}`;
  problems.push({ path, message });
  return undefined;
}

/** The layout of pictures. It can be told where channels are one or three, and sides are longer. */
function guessedLayout(sampleShape: readonly number[], problems: Problem[]): Layout | undefined {
  if (sampleShape.length !== 3) return undefined;
  const isChannels = (size: number | undefined) => size === 1 || size === 3;
  const [first, , last] = sampleShape;
  if (isChannels(first) && !isChannels(last)) return 'NCHW';
  if (isChannels(last) && !isChannels(first)) return 'NHWC';
  const message = `samples of shape [${sampleShape}] do not tell whether channels come first or last; want NCHW or NHWC`;
  problems.push({ path: 'settings.layout', message });
  return undefined;
}
