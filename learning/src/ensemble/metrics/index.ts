/** How good answers are, how different two models' answers are, and whether a difference is chance. */
export {
  accuracy,
  agreement,
  agreementWhereTeacherWrong,
  brier,
  ece,
  gapClosed,
  greatestProbability,
  klDivergence,
  nll,
  recalls,
  reliabilityBins,
  topKAccuracy,
  totalVariation,
} from './metrics.js';
export {
  holm,
  type MeanInterval,
  mcNemar,
  pairedBootstrap,
  pairedShares,
} from './paired-comparison.js';
export { pairwiseDivergences } from './pairwise-divergence.js';
export { pairedInterval, seedsNeeded } from './statistics.js';
