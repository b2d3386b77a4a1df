/** Cuts combined targets and features into frames, combining as much as one frame holds at a time. */
import { type CombinationFit, combine, type TargetPlan } from '@lyceum/learning/ensemble';
import { FRAME_BYTES, float32Tensor, type TargetFrame } from '@lyceum/proto';

/** A teacher's features, which go to the student as they are. */
export interface FeatureRows {
  readonly name: string;
  readonly rowShape: readonly number[];
  /** [rowCount, ...rowShape] */
  readonly values: Float32Array;
}

export interface TargetRows {
  readonly plan: TargetPlan;
  /** One [rowCount, classCount] a teacher, in ensemble order. */
  readonly teacherLogits: readonly Float32Array[];
  readonly teacherWeights: readonly number[];
  readonly features: readonly FeatureRows[];
  readonly rowCount: number;
  readonly classCount: number;
  /** [rowCount]; -1: none. */
  readonly labels: Int32Array;
  readonly fit: CombinationFit | undefined;
  readonly epoch: number;
  readonly firstPosition: number;
}

/**
 * The frames of some rows of a target, each of at most {@link FRAME_BYTES} unless a single row is longer.
 * Combining a frame takes some milliseconds at most, so whoever iterates can breathe between two.
 */
export function* targetFrames(rows: TargetRows): Generator<TargetFrame, void, undefined> {
  const { plan, classCount, rowCount, features } = rows;
  const featureLength = features.reduce((sum, { values }) => sum + values.length / rowCount, 0);
  const rowBytes = 4 * (plan.tensors.length * classCount + featureLength);
  const rowsPerFrame = Math.max(1, Math.floor(FRAME_BYTES / rowBytes));
  for (let first = 0; first < rowCount; first += rowsPerFrame) {
    const count = Math.min(rowsPerFrame, rowCount - first);
    const slices = rows.teacherLogits.map((logits) =>
      logits.subarray(first * classCount, (first + count) * classCount),
    );
    const combined = combine(plan, slices, rows.teacherWeights, count, classCount, {
      labels: rows.labels.subarray(first, first + count),
      ...(rows.fit !== undefined && { fit: rows.fit }),
    });
    yield {
      epoch: rows.epoch,
      firstPosition: rows.firstPosition + first,
      tensors: [
        ...plan.tensors.map(({ name }, i) =>
          float32Tensor(name, [count, classCount], combined[i] as Float32Array),
        ),
        ...features.map((feature) => featureSlice(feature, first, count)),
      ],
    };
  }
}

function featureSlice({ name, rowShape, values }: FeatureRows, first: number, count: number) {
  const rowLength = rowShape.reduce((product, n) => product * n, 1);
  const slice = values.subarray(first * rowLength, (first + count) * rowLength);
  return float32Tensor(name, [count, ...rowShape], slice);
}
