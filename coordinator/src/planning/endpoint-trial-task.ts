/** The task of {@link EndpointTrials}, in a thread because it reads a whole data set: calls a teacher once. */
import { readFileSync } from 'node:fs';
import {
  type Dataset,
  parseStoredDataset,
  type SplitName,
  seenDataset,
  splitSamples,
} from '@lyceum/learning/datasets';
import {
  type EndpointPackage,
  endpointInputs,
  type FormatName,
  listProblem,
  type PackageOf,
  parsePackagedModel,
  type RemotePackage,
  readAnswer,
  requestBody,
} from '@lyceum/learning/formats';
import { type ModelSettings, parseSettingsJson } from '@lyceum/learning/models';
import {
  openInferenceServer,
  questionReader,
  RefusedRequestError,
  RemoteModel,
  requireSamples,
} from '@lyceum/learning/open-inference';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import {
  AddressGuard,
  endpointCaller,
  HttpRefusedError,
  type Outside,
  UnreadableAnswerError,
} from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import type { EndpointTrial, EndpointTrialRequest } from './endpoint-trials.js';

/** One failed call is no reason to refuse a run. */
const TRIES = 2;
const UNREAD = 'the data set is in shards, which only workers can read';
/** Short, since a user waits for the answer. */
const TIMEOUT_MS = 20_000;
/** If an endpoint wants to be left alone for longer, the user is told. An inference server is waited for as long. */
const LONGEST_WAIT_MS = 5_000;
/** An inference server is asked up to four times. */
const INFERENCE_SECONDS = 5;

export async function tryEndpoint(request: EndpointTrialRequest): Promise<EndpointTrial> {
  const outside = {
    secrets: request.secrets,
    addresses: new AddressGuard(request.allowedAddresses),
  };
  const packaged = parsePackagedModel(readFileSync(request.modelFile));
  const settings = parseSettingsJson(request.settingsJson);
  const stored = parseStoredDataset(readFileSync(request.datasetFile));
  if (stored.shards !== undefined) return { warning: UNREAD };
  const dataset = seenDataset(stored, settings.modality);
  const splits: readonly SplitName[] = ['validation', 'train', 'test'];
  const samples = splits.flatMap((split) => [...splitSamples(dataset, split)]);
  try {
    await tryModel(packaged, { settings, dataset, samples, outside });
    return {};
  } catch (thrown) {
    if (!(thrown instanceof LyceumError)) throw thrown;
    const isRefusal =
      thrown instanceof HttpRefusedError ||
      thrown instanceof UnreadableAnswerError ||
      thrown instanceof RefusedRequestError ||
      thrown.code === 'INVALID_ARGUMENT';
    return isRefusal ? { problem: thrown.message } : { warning: thrown.message };
  }
}

interface Surroundings {
  /** The teacher's settings in the run. */
  readonly settings: ModelSettings;
  readonly dataset: Dataset;
  readonly samples: readonly number[];
  readonly outside: Outside;
}

type Trial<Name extends FormatName> = (
  model: PackageOf<Name>,
  surroundings: Surroundings,
) => Promise<void>;

/** How a model is asked once, by format. Models that compute on a worker or hold stored answers are not asked. */
const TRIALS: { readonly [Name in FormatName]?: Trial<Name> } = {
  endpoint: askEndpoint,
  'open-inference': askInferenceServer,
};

async function tryModel<Name extends FormatName>(
  { format, model }: { readonly format: Name; readonly model: PackageOf<Name> },
  surroundings: Surroundings,
): Promise<void> {
  await TRIALS[format]?.(model, surroundings);
}

async function askEndpoint(
  model: EndpointPackage,
  { dataset, samples, outside }: Surroundings,
): Promise<void> {
  const { endpoint } = model;
  const asked = samples.slice(0, endpoint.batch);
  const inputs = await endpointInputs(model, dataset, asked, IDENTITY_VIEW);
  const timeoutMs = Math.min(endpoint.timeoutMs, TIMEOUT_MS);
  const attempts = Math.min(endpoint.attempts, TRIES);
  const caller = endpointCaller({ ...endpoint, rate: {}, timeoutMs, attempts }, outside, {
    longestWaitMs: LONGEST_WAIT_MS,
  });
  const body = requestBody(endpoint, inputs, dataset.classNames);
  await caller.post(body, new AbortController().signal, (response) => {
    const wrongList = listProblem(endpoint, response, asked.length);
    if (wrongList !== undefined) return `the response ${wrongList}`;
    for (const place of asked.keys()) {
      const answer = readAnswer(endpoint, response, place, dataset.classNames, false);
      if ('problem' in answer) return `the response ${answer.problem}`;
    }
    return undefined;
  });
}

async function askInferenceServer(
  model: RemotePackage,
  { settings, dataset, samples, outside }: Surroundings,
): Promise<void> {
  const remote = { ...model, settings };
  requireSamples(remote, dataset);
  const read = questionReader(remote, dataset);
  const deadlineSeconds = Math.min(remote.description.deadlineSeconds, INFERENCE_SECONDS);
  const description = { ...remote.description, deadlineSeconds };
  const server = openInferenceServer(description, outside);
  const served = new RemoteModel(server, remote, Math.random);
  const asked = Uint32Array.from(samples.slice(0, remote.found.rows));
  try {
    await served.infer(asked.length, (first, count) =>
      read(asked.subarray(first, first + count), IDENTITY_VIEW),
    );
  } finally {
    served.close();
  }
}
