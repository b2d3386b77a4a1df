/** The thread of an ensemble's evaluation: fitting and measuring many ensembles takes seconds. */
import { ensembleTable } from '../report/ensemble-table.js';
import { answerTask } from '../runs/thread-task.js';

answerTask(ensembleTable);
