/** The task of an ensemble's evaluation: fitting and measuring many ensembles takes seconds. */
export { ensembleTable as task } from '../report/ensemble-table.js';
