/**
 * Tables and drawings of figures: functions from data to static HTML and SVG. They call nothing of the browser, so the
 * page and the report use the same ones. All given text is shown as text, never as markup.
 *
 * Their style is in `style/components.css`.
 */
export { ClassBars } from './class-bars.js';
export { ClassRecalls } from './class-recalls.js';
export { ConfusedPairs } from './confused-pairs.js';
export { ConfusionMatrix } from './confusion-matrix.js';
export { CostTable, type TeacherCost } from './cost-table.js';
export { DataTable } from './data-table.js';
export { Examples } from './examples.js';
export { FiguresTable } from './figures-table.js';
export { KeyValues } from './key-values.js';
export { LineChart, type Series } from './line-chart.js';
export { modelRows } from './model-rows.js';
export {
  bytesText,
  countText,
  dateText,
  durationText,
  figureText,
  fixedText,
  intervalText,
  NOT_KNOWN,
  orNotKnown,
  percentText,
  pluralText,
  signedText,
} from './numbers.js';
export { ReliabilityDiagram } from './reliability-diagram.js';
export {
  isBelow,
  lossText,
  pointsText,
  priceText,
  WORTH_MARGIN,
  type WorthRow,
  type WorthSplit,
  worthRows,
  worthSentences,
} from './teacher-worth.js';
export { type TeacherRow, TeachersTable } from './teachers-table.js';
export { testSamplesText } from './test-samples.js';
export { wilsonInterval } from './wilson.js';
export { WorthTable } from './worth-table.js';
