/**
 * The feature plan: which layers of which teachers a run's terms compare with. Pure; coordinator and student find the
 * same.
 */
import { featuresName, ownEntry } from '@lyceum/proto';
import { type FeatureTermSettings, isFeatureTerm } from '../objectives/terms/index.js';
import type { DistillationSpecification } from '../specification/index.js';

type Spec = DistillationSpecification['spec'];

/** One teacher's layer that a term compares with. */
interface FeatureNeed {
  /** Ensemble index. */
  readonly teacher: number;
  readonly layer: string;
  /** Name of the tensor in a target, made by `featuresName`. */
  readonly name: string;
}

export interface FeatureTerm {
  /** The term's position in the objective. */
  readonly index: number;
  readonly settings: FeatureTermSettings;
  /** In ensemble order. */
  readonly needs: readonly FeatureNeed[];
}

/** The terms that compare features, without those of weight 0. */
export function featureTerms({
  objective,
  teachers,
}: Pick<Spec, 'objective' | 'teachers'>): FeatureTerm[] {
  const names = teachers.map(({ name }) => name);
  return objective.flatMap((settings, index) => {
    if (!isFeatureTerm(settings) || settings.weight === 0) return [];
    const needs = hintLayers(settings, names).map(({ teacher, layer }) => ({
      teacher,
      layer,
      name: featuresName(names[teacher] as string, layer),
    }));
    return [{ index, settings, needs }];
  });
}

interface HintLayer {
  /** Ensemble index. */
  readonly teacher: number;
  readonly layer: string;
}

/** The layers of teachers that a term compares with, in ensemble order. */
export function hintLayers(
  { hintLayer, teachers }: Pick<FeatureTermSettings, 'hintLayer' | 'teachers'>,
  names: readonly string[],
): HintLayer[] {
  return names.flatMap((name, teacher) => {
    const isOne = teachers === undefined || teachers.includes(name);
    const layer = typeof hintLayer === 'string' ? hintLayer : ownEntry(hintLayer, name);
    return isOne && layer !== undefined ? [{ teacher, layer }] : [];
  });
}
