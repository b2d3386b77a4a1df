/** Ends a training as a student worker does, with a student whose logits are all equal. */
import { type NpyArray, writeNpz } from '@lyceum/learning/files';
import { measuredSamples } from '@lyceum/learning/orders';
import { digestBytes } from '@lyceum/proto';
import type { StudentPeer } from './student-peer.js';
import type { TestCoordinator } from './test-coordinator.js';
import { CLASS_COUNT, STEP_COUNT, tinyDataset, tinyModelBytes } from './tiny-artifacts.js';

export async function finishTraining(cluster: TestCoordinator, peer: StudentPeer): Promise<void> {
  const blobs = await cluster.nats.blobs({ create: false });
  const logitsOf = (split: string, rows: number): [string, NpyArray] => {
    const data = new Float32Array(rows * CLASS_COUNT).fill(1);
    return [split, { dtype: 'float32', shape: [rows, CLASS_COUNT], data }];
  };
  const logits = await blobs.put(
    writeNpz([
      logitsOf('train', measuredSamples({ ...tinyDataset(), digest: '' }, 'train').length),
      logitsOf('validation', 100),
      logitsOf('test', 500),
    ]),
  );
  const model = await blobs.put(tinyModelBytes(0.125));
  const { runId: id = '', assignmentEpoch = 0 } = peer.run ?? {};
  await peer.send({
    $case: 'done',
    done: {
      runId: id,
      assignmentEpoch,
      modelDigest: digestBytes(model),
      logitsDigest: digestBytes(logits),
      finalWeightsDigest: digestBytes(model),
      measurement: {
        parameterCount: 6,
        weightBytes: 24,
        latencyBatch1Ms: 0.5,
        trainingSeconds: 1,
        waitingSeconds: 0.25,
        samples: 6_000,
      },
      selectedStep: STEP_COUNT,
      selectedValidation: undefined,
    },
  });
}
