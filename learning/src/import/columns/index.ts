/** From rows to samples: which column is what, what its values mean, and the encoding that is fitted to them. */
export type { FittedColumn } from './fit-table.js';
export { encodedSamples, putAside, type RowsAside } from './fitted-rows.js';
export { chosenColumns, refuseKinds, type SharedOptions } from './table-columns.js';
export { labelledRows, type OpenTable, openTable } from './table-rows.js';
export { classText, imageBytes } from './table-values.js';
export { askAbout, type Unclaimed } from './telling-columns.js';
