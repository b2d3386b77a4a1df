/**
 * A run's report as a page and as a model card. Both are made from the same input. Names, texts and reasons from
 * others are shown as text, never as markup.
 */
export {
  durationText,
  isBelow,
  lossText,
  pointsText,
  priceText,
  signedText,
  WORTH_MARGIN,
  type WorthRow,
  type WorthSplit,
  worthRows,
  worthSentences,
} from '../components/index.js';
export { modelCard } from './model-card.js';
export type { ReportInput } from './report-input.js';
export { reportPage } from './report-page.js';
