/**
 * A TensorFlow.js GraphModel in a package: the same members as a layers model; `model.json` says that it is a graph.
 */
import type { ModelSettings } from '../../models/index.js';
import {
  completeSettings,
  describeGraph,
  type GraphClassifier,
  type GraphDescription,
  requireClassifier,
  requirePackedClassifier,
  TENSORFLOW_JS,
} from '../graphs/index.js';
import { type ModelPackage, packageWeightSpecs } from './model-package.js';
import { weightBytes, weightElements } from './model-weights.js';
import { readTfjsGraph } from './tfjs-graph.js';

const SOURCE = 'model.json';

/** How the model is asked. @throws {InvalidDocumentError} naming all reasons why it cannot be asked as a classifier. */
export function tfjsGraphClassifier({ modelJson, settings }: ModelPackage): GraphClassifier {
  const outline = readTfjsGraph(modelJson, SOURCE);
  return requirePackedClassifier(outline, TENSORFLOW_JS, settings, SOURCE);
}

/** The settings with those that the file tells. @throws as {@link tfjsGraphClassifier}. */
export function tfjsGraphSettings(
  modelJson: unknown,
  given: Partial<ModelSettings>,
  source: string,
): ModelSettings {
  const outline = readTfjsGraph(modelJson, source);
  const classifier = requireClassifier(outline, TENSORFLOW_JS, given, source);
  return completeSettings(classifier, outline, source);
}

/** @throws as {@link tfjsGraphClassifier}. */
export function describeTfjsGraph(model: ModelPackage): GraphDescription {
  const specs = packageWeightSpecs(model);
  const weights = {
    parameterCount: specs.reduce((total, spec) => total + weightElements(spec), 0),
    weightBytes: specs.reduce((total, spec) => total + weightBytes(spec), 0),
  };
  const outline = readTfjsGraph(model.modelJson, SOURCE);
  return describeGraph(outline, weights, tfjsGraphClassifier(model), model.settings);
}
