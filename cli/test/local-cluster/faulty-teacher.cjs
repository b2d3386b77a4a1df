/**
 * Loaded before everything else in the processes and threads of a test's cluster (`node --require`, which threads
 * follow, as they do not `--import`): chosen teacher workers give wrong answers from the moment that a file names
 * them.
 *
 * The file is JSON: the fault by worker id. `nan` and `shift` spoil all answers, `poison` gives NaN to questions of
 * more rows than a probe has.
 */
const { readFileSync } = require('node:fs');
const { isMainThread, parentPort } = require('node:worker_threads');

const PROBE_ROWS = 128;
const file = process.env['LYCEUM_TEST_TEACHER_FAULTS'];

// Threads do not see the flags at this moment.
if (isMainThread && process.argv[1]?.includes('teacher-worker')) {
  process.env['LYCEUM_TEST_WORKER_ID'] = process.argv[process.argv.indexOf('--worker-id') + 1];
} else if (parentPort !== null && process.env['LYCEUM_TEST_WORKER_ID'] !== undefined) {
  const { postMessage } = parentPort;
  parentPort.postMessage = (message, transfer) => {
    if (message.answer?.tensors !== undefined) spoil(message.answer.tensors);
    postMessage.call(parentPort, message, transfer);
  };
}

function spoil(tensors) {
  const fault = faultNow();
  for (const { values, width } of tensors) {
    const rowCount = values.length / width;
    if (fault === 'shift') for (let i = 0; i < values.length; i += 2) values[i] += 1;
    if (fault === 'nan' || (fault === 'poison' && rowCount > PROBE_ROWS)) values[0] = Number.NaN;
  }
}

function faultNow() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))[process.env['LYCEUM_TEST_WORKER_ID']];
  } catch {
    return undefined;
  }
}
