/**
 * Plans the terms that compare inner layers of teachers and student: looks the layers up in the models, pins their
 * shapes, and finds layers that do not fit together. Pure.
 */
import { type FeatureTerm, featureTerms } from '@lyceum/learning/ensemble';
import type { LayerDescription } from '@lyceum/learning/models';
import {
  type FeatureTermSettings,
  featureTermOf,
  type LayerPair,
} from '@lyceum/learning/objectives';
import type { DistillationSpecification } from '@lyceum/learning/specification';
import { FEATURE_BATCH_MAX_BYTES, FEATURE_SAMPLE_MAX_BYTES, type Problem } from '@lyceum/proto';
import { featureValueCount, type PinnedFeature } from '../runs/index.js';

/** Layers that a problem lists at most. */
const SHOWN_LAYERS = 40;

export interface LayeredModels {
  /** Layers of each teacher, in ensemble order; undefined: the model is not known, which is reported elsewhere. */
  readonly teachers: readonly (readonly LayerDescription[] | undefined)[];
  readonly student: readonly LayerDescription[] | undefined;
}

export interface FeaturePlanning {
  readonly features: PinnedFeature[];
  readonly problems: Problem[];
}

export function planFeatures(
  spec: DistillationSpecification['spec'],
  models: LayeredModels,
): FeaturePlanning {
  const problems: Problem[] = [];
  const features = new Map<string, PinnedFeature>();
  const { batchSize } = spec.training;
  for (const term of featureTerms(spec)) {
    const path = `spec.objective[${term.index}]`;
    const guided = guidedShape(path, term, models.student, problems);
    for (const { teacher, layer, name } of term.needs) {
      const found = hintShape(path, term.settings, { teacher, layer }, spec, models, problems);
      if (found === undefined) continue;
      features.set(name, { teacher, layer, shape: [...found.shape] });
      if (guided === undefined) continue;
      problems.push(
        ...unlike(found.path, term.settings, { guided, hint: found.shape, batchSize }, models),
      );
    }
  }
  const pinned = [...features.values()].sort(
    (a, b) => a.teacher - b.teacher || (a.layer < b.layer ? -1 : 1),
  );
  return { features: pinned, problems: [...problems, ...sizeProblems(pinned, batchSize)] };
}

function guidedShape(
  path: string,
  { settings: { guidedLayer } }: FeatureTerm,
  layers: readonly LayerDescription[] | undefined,
  problems: Problem[],
): readonly number[] | undefined {
  if (layers === undefined) return undefined;
  const found = layers.find(({ name }) => name === guidedLayer);
  if (found?.shape !== undefined) return found.shape;
  const message = `${missingLayer('the student', guidedLayer, found)}; ${listedLayers(layers)}`;
  problems.push({ path: `${path}.guidedLayer`, message });
  return undefined;
}

function hintShape(
  termPath: string,
  { hintLayer }: FeatureTermSettings,
  { teacher, layer }: { readonly teacher: number; readonly layer: string },
  { teachers }: DistillationSpecification['spec'],
  models: LayeredModels,
  problems: Problem[],
): { readonly path: string; readonly shape: readonly number[] } | undefined {
  const name = teachers[teacher]?.name ?? '';
  const path =
    typeof hintLayer === 'string' ? `${termPath}.hintLayer` : `${termPath}.hintLayer.${name}`;
  const layers = models.teachers[teacher];
  if (layers === undefined) return undefined;
  const found = layers.find((candidate) => candidate.name === layer);
  if (found?.shape !== undefined) return { path, shape: found.shape };
  const message = `${missingLayer(`teacher ${name}`, layer, found)}; ${listedLayers(layers)}`;
  problems.push({ path, message });
  return undefined;
}

function missingLayer(whose: string, layer: string, found: LayerDescription | undefined): string {
  return found === undefined
    ? `${whose} has no layer ${layer}`
    : `the model of ${whose} does not give the shape of layer ${layer}`;
}

function listedLayers(layers: readonly LayerDescription[]): string {
  const known = layers.filter(({ shape }) => shape !== undefined);
  if (known.length === 0) return 'none of its layers has a known shape';
  const shown = known.slice(0, SHOWN_LAYERS).map(({ name, shape }) => `${name} [${shape}]`);
  return `there are ${shown.join(', ')}${known.length > SHOWN_LAYERS ? ', …' : ''}`;
}

/** The problem that keeps a term from comparing the two layers, if there is one. */
function unlike(
  path: string,
  settings: FeatureTermSettings,
  layers: LayerPair,
  { student = [] }: LayeredModels,
): Problem[] {
  const why = featureTermOf(settings).refusedLayers?.(layers, (fits) =>
    named(student.filter(({ shape }) => shape !== undefined && fits(shape))),
  );
  if (why === undefined) return [];
  const both = `has [${layers.hint}], and guidedLayer ${settings.guidedLayer} has [${layers.guided}]`;
  return [{ path, message: `${both}; ${why}` }];
}

function named(layers: readonly LayerDescription[]): string {
  if (layers.length === 0) return 'the student has none';
  return `of the student's ${listedLayers(layers).replace('there are ', '')}`;
}

/** Problems if the features are too large for a frame, or for a student's memory. */
function sizeProblems(features: readonly PinnedFeature[], batchSize: number): Problem[] {
  const bytes = 4 * featureValueCount(features);
  const path = 'spec.objective';
  if (bytes > FEATURE_SAMPLE_MAX_BYTES) {
    const message = `its hint layers have ${bytes} bytes a sample, and at most ${FEATURE_SAMPLE_MAX_BYTES} are sent; name smaller layers or fewer teachers`;
    return [{ path, message }];
  }
  if (bytes * batchSize <= FEATURE_BATCH_MAX_BYTES) return [];
  const most = Math.floor(FEATURE_BATCH_MAX_BYTES / bytes);
  const message = `its hint layers have ${bytes} bytes a sample, and at most ${FEATURE_BATCH_MAX_BYTES} a batch are sent; name smaller layers or fewer teachers, or use a spec.training.batchSize of at most ${most}`;
  return [{ path, message }];
}
