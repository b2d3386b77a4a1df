/** The description of a model that is a graph. */
import { InvalidDocumentError, type Problem } from '@lyceum/proto';
import { agreedClasses, type ModelDescription, type ModelSettings } from '../../models/index.js';
import { type GraphClassifier, type GraphFormat, graphClassifier } from './graph-classifier.js';
import { type GraphOutline, type GraphWeights, graphValueText } from './graph-outline.js';

export interface GraphDescription extends ModelDescription {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** @throws {InvalidDocumentError} naming all reasons why the graph cannot be asked as a classifier. */
export function requireClassifier(
  outline: GraphOutline,
  format: GraphFormat,
  given: Partial<ModelSettings>,
  source: string,
): GraphClassifier {
  const problems: Problem[] = [];
  const classifier = graphClassifier(outline, format, given, problems);
  if (classifier === undefined) throw new InvalidDocumentError(source, problems);
  return classifier;
}

/** What settings that are kept leave out. */
const USUAL = { scale: 1, layout: 'NHWC' } as const;

/**
 * As {@link requireClassifier}, of a package: its settings are complete, and nothing is guessed of what they leave out.
 */
export function requirePackedClassifier(
  outline: GraphOutline,
  format: GraphFormat,
  settings: ModelSettings,
  source: string,
): GraphClassifier {
  return requireClassifier(outline, format, { ...USUAL, ...settings }, source);
}

/**
 * The settings that the file tells and that were given, with the kind of output that one of the two must have told.
 *
 * @throws {InvalidDocumentError} if they say that an output is another class.
 */
export function completeSettings(
  { settings, classCount }: Pick<GraphClassifier, 'settings' | 'classCount'>,
  { labels = [] }: Pick<GraphOutline, 'labels'>,
  source: string,
): ModelSettings {
  const { output } = settings;
  if (output === undefined) throw new Error('a classifier whose output has no kind');
  const problems: Problem[] = [];
  const classes = agreedClasses(settings.classes, labels, classCount, problems);
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  return { ...settings, output, ...(classes !== undefined && { classes }) };
}

export function describeGraph(
  { inputs, outputs }: GraphOutline,
  { parameterCount, weightBytes }: GraphWeights,
  { inputShape, classCount }: Partial<Pick<GraphClassifier, 'inputShape' | 'classCount'>>,
  { output }: ModelSettings,
): GraphDescription {
  return {
    ...(inputShape !== undefined && { inputShape }),
    ...(classCount !== undefined && { classCount }),
    parameterCount,
    weightBytes,
    output,
    inputs: inputs.map(graphValueText),
    outputs: outputs.map(graphValueText),
  };
}
