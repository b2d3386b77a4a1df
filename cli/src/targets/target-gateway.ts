/**
 * Serves one run's targets, and the samples that they belong to, to students outside the cluster. The gateway holds
 * the run's set in memory, as a worker does and the coordinator does not. It serves nothing but this run's targets.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type Dataset,
  parseStoredDataset,
  seenDataset,
  withoutRaw,
} from '@lyceum/learning/datasets';
import { checkRunSpecification, type ViewSettings } from '@lyceum/learning/specification';
import { readInputs, viewAt } from '@lyceum/learning/views';
import type { Logger, TargetMaker } from '@lyceum/platform';
import {
  ArtifactKind,
  elementCount,
  FRAME_BYTES,
  float32Tensor,
  LyceumError,
  Split,
  type StreamTargetsRequest,
  type StreamTargetsResponse,
  type TargetBatch,
  type TargetOutline,
  tensorRows,
} from '@lyceum/proto';
import type { CoordinatorClient } from '../client/index.js';

/** Name of the tensor with the samples, in real values. */
const INPUTS = 'inputs';

/** The samples of a run, and its views. */
interface RunInputs {
  readonly dataset: Dataset;
  readonly views: ViewSettings | undefined;
}

/** What the inputs depend on. */
type InputsOf = Pick<TargetOutline, 'specificationDigest' | 'datasetDigest'>;

export class TargetGateway implements TargetMaker {
  readonly #client: CoordinatorClient;
  readonly #runId: string;
  readonly #log: Logger;
  /** The run's inputs; undefined until a request wants them. */
  #inputs: { readonly of: InputsOf; readonly read: Promise<RunInputs> } | undefined;

  constructor(client: CoordinatorClient, runId: string, log: Logger) {
    this.#client = client;
    this.#log = log;
    this.#runId = runId;
  }

  async outline(request: StreamTargetsRequest): Promise<TargetOutline> {
    const outline = await this.#client.targetOutline(this.#own(request));
    return request.inputs ? withInputs(outline, await this.#runInputs(outline)) : outline;
  }

  async *stream(
    request: StreamTargetsRequest,
    signal: AbortSignal,
  ): AsyncGenerator<StreamTargetsResponse, void, undefined> {
    const own = this.#own(request);
    // The set is long: it is read before the stream begins, which nobody reads meanwhile.
    if (request.inputs && this.#inputs === undefined) await this.outline(request);
    let inputs: RunInputs | undefined;
    let split: Split = Split.SPLIT_TRAIN;
    const onAway = (err: LyceumError) =>
      this.#log.warn({ err }, 'coordinator is away; trying again');
    for await (const part of this.#client.streamTargets(own, { signal, onAway })) {
      if (part.$case === 'outline') {
        split = part.outline.split;
        if (request.inputs) inputs = await this.#runInputs(part.outline);
        const outline = inputs ? withInputs(part.outline, inputs) : part.outline;
        yield { part: { $case: 'outline', outline } };
      } else if (part.$case === 'batch') {
        for (const batch of sentParts(part.batch, inputs, split)) {
          yield { part: { $case: 'batch', batch } };
        }
      } else yield { part };
    }
  }

  /** @throws {LyceumError} NOT_FOUND if the request is for another run. */
  #own({ inputs: _, ...request }: StreamTargetsRequest): StreamTargetsRequest {
    if (request.runId === this.#runId) return { ...request, inputs: false };
    const message = `there is no run ${request.runId} here: these are the targets of run ${this.#runId}`;
    throw new LyceumError('NOT_FOUND', message);
  }

  /** Reads the inputs once, and anew if another run has the name by now; after a failure the next call tries again. */
  #runInputs(of: InputsOf): Promise<RunInputs> {
    const known = this.#inputs;
    if (known !== undefined && isDeepStrictEqual(inputsOf(of), known.of)) return known.read;
    const inputs = { of: inputsOf(of), read: this.#readInputs(of.datasetDigest) };
    this.#inputs = inputs;
    inputs.read.catch(() => {
      if (this.#inputs === inputs) this.#inputs = undefined;
    });
    return inputs.read;
  }

  /** @throws {LyceumError} UNAVAILABLE if the run has another set by now. */
  async #readInputs(wanted: string): Promise<RunInputs> {
    const { specificationJson, datasetDigest } = await this.#client.getRun(this.#runId);
    if (datasetDigest !== wanted) {
      const message = `run ${this.#runId} was replaced while its set was read`;
      throw new LyceumError('UNAVAILABLE', message);
    }
    const { spec } = checkRunSpecification(JSON.parse(specificationJson), `run ${this.#runId}`);
    const { ARTIFACT_KIND_DATASET } = ArtifactKind;
    const bytes = await this.#client.pullArtifact(ARTIFACT_KIND_DATASET, `run:${this.#runId}`);
    // The modality may be known only from the model that the student starts from, which is not read here: then a set
    // of several modalities is refused.
    const stored = parseStoredDataset(bytes, datasetDigest);
    if (stored.shards !== undefined) {
      const message = `the set of run ${this.#runId} is in shards, whose pictures only workers read; ask without inputs, and read those of a batch's samples yourself`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    const dataset = withoutRaw(seenDataset(stored, spec.student.modality));
    return { dataset, views: spec.views };
  }
}

function inputsOf({ specificationDigest, datasetDigest }: InputsOf): InputsOf {
  return { specificationDigest, datasetDigest };
}

function withInputs(outline: TargetOutline, { dataset }: RunInputs): TargetOutline {
  const inputs = { name: INPUTS, rowShape: [...dataset.sampleShape] };
  return { ...outline, tensors: [...outline.tensors, inputs] };
}

/** Splits a batch, or a rank's slice of it, into parts that fit a message; reads a part's samples when it is sent. */
function* sentParts(
  batch: TargetBatch,
  inputs: RunInputs | undefined,
  split: Split,
): Generator<TargetBatch, void, undefined> {
  const rowCount = batch.samples.length;
  const sampleBytes = inputs === undefined ? 0 : 4 * elementCount(inputs.dataset.sampleShape);
  const targetBytes = batch.tensors.reduce((sum, { data }) => sum + data.length, 0);
  const rowBytes = sampleBytes + targetBytes / Math.max(1, rowCount);
  const partRows = Math.max(1, Math.floor(FRAME_BYTES / rowBytes));
  // An empty slice is sent as one empty part.
  for (let first = 0; first === 0 || first < rowCount; first += partRows) {
    const count = Math.min(partRows, rowCount - first);
    const part = {
      ...batch,
      firstPosition: batch.firstPosition + first,
      samples: batch.samples.slice(first, first + count),
      labels: batch.labels.slice(first, first + count),
      tensors: batch.tensors.map((tensor) => tensorRows(tensor, first, count)),
      endsBatch: first + count === rowCount,
    };
    if (inputs !== undefined) part.tensors.push(inputRows(part, inputs, split));
    yield part;
  }
}

function inputRows({ epoch, samples }: TargetBatch, { dataset, views }: RunInputs, split: Split) {
  const length = elementCount(dataset.sampleShape);
  const values = new Float32Array(samples.length * length);
  const view = viewAt(split === Split.SPLIT_TRAIN ? views : undefined, epoch);
  readInputs(dataset, Uint32Array.from(samples), view, values);
  return float32Tensor(INPUTS, [samples.length, ...dataset.sampleShape], values);
}
