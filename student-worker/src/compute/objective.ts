/**
 * What the student minimises: the run's terms, weighted and summed. Pure: tensors in, one scalar out.
 *
 * The terms themselves are in `@lyceum/learning/objectives`; here is which a run has and what they are given.
 * Inputs are borrowed; the result is the caller's.
 */
import { pooledName, pooledTemperature } from '@lyceum/learning/ensemble';
import {
  crossEntropy,
  decoupled,
  distillation,
  generalizedJensenShannon,
  hardLabel,
  jeffreys,
  reverseKl,
  skewForwardKl,
  skewReverseKl,
  softTargetOf,
  totalVariation,
} from '@lyceum/learning/objectives';
import { ownTerm } from '@lyceum/learning/plugins';
import type { Scalar, Tensor, Tensor2D, Tf } from '@lyceum/learning/tensorflow';
import {
  type FeatureTermSettings,
  isFeatureTerm,
  type RunSpecification,
  type TermSettings,
} from '@lyceum/proto';

/** Terms with the names of the target tensors they need. */
export interface Objective {
  /** Names of the soft targets that {@link Objective.loss} reads. */
  readonly targetNames: readonly string[];
  /** @returns Σ of the terms, a scalar. */
  loss(logits: Tensor2D, hardLabels: Tensor2D, targets: ReadonlyMap<string, Tensor>): Scalar;
}

/** The objective of a run. Terms of weight 0 that need a target are left out: nobody sends it. */
export function runObjective(tf: Tf, specification: RunSpecification): Objective {
  const rule =
    specification.kind === 'Distillation' ? specification.spec.ensemble.combine : 'arithmetic';
  const all: readonly TermSettings[] = specification.spec.objective;
  const terms = all.flatMap((settings) => {
    const temperature = pooledTemperature(settings);
    if (isFeatureTerm(settings)) return [];
    if (temperature !== undefined) return { settings, targetName: pooledName(rule, temperature) };
    return settings.term === 'ce' ? { settings, targetName: undefined } : [];
  });
  return {
    targetNames: [...new Set(terms.flatMap(({ targetName }) => targetName ?? []))],
    loss(logits, hardLabels, targets) {
      return tf.tidy(() => {
        const losses = terms.map(({ settings, targetName }) => {
          if (settings.term === 'ce') return crossEntropy(tf, logits, hardLabels, settings.weight);
          const target = targets.get(targetName as string);
          if (target === undefined) {
            throw new Error(`a ${settings.term} term was given no target ${targetName}`);
          }
          return pooledTerm(tf, settings, logits, hardLabels, target as Tensor2D);
        });
        return tf.addN(losses);
      });
    },
  };
}

/** A term of a pooled target [B, C], with its weight. */
function pooledTerm(
  tf: Tf,
  settings: Exclude<TermSettings, { readonly term: 'ce' } | FeatureTermSettings>,
  logits: Tensor2D,
  hardLabels: Tensor2D,
  target: Tensor2D,
): Scalar {
  const { weight } = settings;
  if (settings.term === 'kd') {
    return distillation(tf, logits, target, weight, settings.temperature);
  }
  if (settings.term === 'hard-label') {
    return hardLabel(tf, logits, target, settings.smoothing).mul(weight);
  }
  const { temperature } = settings;
  const soft = softTargetOf(tf, target);
  const unweighted = (): Scalar => {
    switch (settings.term) {
      case 'plugin':
        return ownTerm(settings.name).loss(
          tf,
          { logits, target, hardLabels, temperature },
          settings.settings,
        );
      case 'dkd': {
        const { targetWeight, othersWeight } = settings;
        const weights = { target: targetWeight, others: othersWeight };
        return decoupled(tf, logits, soft, hardLabels, temperature, weights);
      }
      case 'kl-reverse':
        return reverseKl(tf, logits, soft, temperature);
      case 'jeffreys':
        return jeffreys(tf, logits, soft, temperature, settings.reverseShare);
      case 'gjs':
        return generalizedJensenShannon(tf, logits, soft, temperature, settings.targetShare);
      case 'skew-fkl':
        return skewForwardKl(tf, logits, soft, temperature, settings.skew);
      case 'skew-rkl':
        return skewReverseKl(tf, logits, soft, temperature, settings.skew);
      case 'tvd':
        return totalVariation(tf, logits, soft, temperature);
    }
  };
  return unweighted().mul(weight);
}
