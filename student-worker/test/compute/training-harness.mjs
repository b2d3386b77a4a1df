/**
 * Plays the worker's shell for one job: sends targets as credit allows, takes checkpoints, waits for the end.
 * Targets are a pure function of epoch and position. Plain JavaScript, so that processes run it as it is.
 */

/**
 * @typedef {import('../../src/job/training-job.js').TrainingJob} TrainingJob
 * @typedef {import('../../src/job/training-job.js').StudentTrainer} StudentTrainer
 * @typedef {import('../../src/job/training-job.js').TrainingCheckpoint} TrainingCheckpoint
 * @typedef {import('../../src/job/training-job.js').TrainingResult} TrainingResult
 * @typedef {import('../../src/job/training-job.js').TrainingFailure} TrainingFailure
 * @typedef {import('../../src/job/training-job.js').TrainingProgress} TrainingProgress
 */

/**
 * @typedef {object} Shell
 * @property {number} trainCount positions of an epoch
 * @property {number} [blockRows] rows of one block, whatever the batch size; default 13
 * @property {(checkpoint: TrainingCheckpoint) => Promise<void>} [onCheckpoint]
 * @property {(creditStep: number, doneStep: number) => void} [onWant]
 */

/**
 * @typedef {object} Outcome
 * @property {TrainingResult} [result]
 * @property {TrainingFailure} [failure]
 * @property {TrainingCheckpoint[]} checkpoints
 * @property {TrainingProgress[]} progress
 */

/**
 * @param {StudentTrainer} compute
 * @param {TrainingJob} job
 * @param {Shell} shell
 * @returns {Promise<Outcome>}
 */
export function train(compute, job, { trainCount, blockRows = 13, onCheckpoint, onWant }) {
  const { batchSize } = job.specification.spec.training;
  const stepsPerEpoch = Math.ceil(trainCount / batchSize);
  /** Number of positions sent of all epochs together. */
  let sent = -1;

  /** @param {number} step */
  const positionOf = (step) => {
    const epoch = Math.floor(step / stepsPerEpoch);
    return epoch * trainCount + Math.min(trainCount, (step % stepsPerEpoch) * batchSize);
  };

  return new Promise((resolve) => {
    /** @type {Outcome} */
    const outcome = { checkpoints: [], progress: [] };
    compute.train(job, {
      wantTargets(creditStep, doneStep) {
        onWant?.(creditStep, doneStep);
        if (sent < 0) sent = positionOf(doneStep);
        const end = positionOf(creditStep);
        while (sent < end) {
          const epoch = Math.floor(sent / trainCount);
          const rows = Math.min(blockRows, end - sent, (epoch + 1) * trainCount - sent);
          compute.targets(block(job, epoch, sent % trainCount, rows));
          sent += rows;
        }
      },
      progress: (progress) => void outcome.progress.push(progress),
      async checkpoint(checkpoint) {
        outcome.checkpoints.push(checkpoint);
        await onCheckpoint?.(checkpoint);
      },
      finished: (result) => resolve({ ...outcome, result }),
      failed: (failure) => resolve({ ...outcome, failure }),
    });
  });
}

/**
 * @param {TrainingJob} job
 * @param {number} epoch
 * @param {number} firstPosition
 * @param {number} rows
 */
function block(job, epoch, firstPosition, rows) {
  const tensors = job.targetTensors.map(({ name, rowShape: [classCount = 0] }) => {
    const values = new Float32Array(rows * classCount);
    for (let row = 0; row < rows; row++) {
      const favourite = (epoch * 31 + (firstPosition + row) * 7) % classCount;
      for (let c = 0; c < classCount; c++) {
        values[row * classCount + c] = c === favourite ? 0.8 : 0.2 / (classCount - 1);
      }
    }
    return { name, rows, values };
  });
  return { epoch, firstPosition, tensors, figures: [] };
}
