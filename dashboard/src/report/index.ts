/**
 * A run's report as a page and as a model card. Both are written from the same input, and all that others wrote in it,
 * names, texts, reasons, is text in them.
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
