/** The task of {@link EndpointTrials}: a set is read to make one call. */
import { readFileSync } from 'node:fs';
import {
  endpointInputs,
  IDENTITY_VIEW,
  parsePackagedModel,
  parseStoredDataset,
  readAnswer,
  requestBody,
  type SplitName,
  seenDataset,
  splitSamples,
} from '@lyceum/learning/data';
import { LyceumError } from '@lyceum/proto';
import {
  AddressGuard,
  HttpRefusedError,
  headersWithSecrets,
  JsonCaller,
  UnreadableAnswerError,
} from '@lyceum/proto/node';
import type { EndpointTrial, EndpointTrialRequest } from './endpoint-trials.js';

/** An endpoint that stumbles once is no reason to refuse a run. */
const TRIES = 2;
/** Somebody waits for the answer. */
const TIMEOUT_MS = 20_000;

export async function task(request: EndpointTrialRequest): Promise<EndpointTrial> {
  const { secrets, allowedAddresses } = request;
  const packaged = parsePackagedModel(readFileSync(request.modelFile));
  if (packaged.format !== 'endpoint') throw new LyceumError('INTERNAL', 'it is no endpoint');
  const { endpoint, settings } = packaged.model;
  const stored = parseStoredDataset(readFileSync(request.datasetFile));
  const dataset = seenDataset(stored, settings.modality);
  const splits: readonly SplitName[] = ['validation', 'train', 'test'];
  const samples = splits.flatMap((split) => [...splitSamples(dataset, split)]);
  const asked = samples.slice(0, endpoint.batch);
  try {
    const inputs = await endpointInputs(packaged.model, dataset, asked, IDENTITY_VIEW);
    const caller = new JsonCaller({
      url: endpoint.url,
      headers: headersWithSecrets(endpoint.headers, secrets, endpoint.url),
      addresses: new AddressGuard(allowedAddresses),
      rate: {},
      timeoutMs: Math.min(endpoint.timeoutMs, TIMEOUT_MS),
      attempts: Math.min(endpoint.attempts, TRIES),
      nowMs: Date.now,
      random: Math.random,
    });
    const body = requestBody(endpoint, inputs, dataset.classNames);
    await caller.post(body, new AbortController().signal, (response) => {
      for (const place of asked.keys()) {
        const answer = readAnswer(endpoint, response, place, dataset.classNames, false);
        if ('problem' in answer) return `the response ${answer.problem}`;
      }
      return undefined;
    });
    return {};
  } catch (thrown) {
    if (!(thrown instanceof LyceumError)) throw thrown;
    const isRefusal =
      thrown instanceof HttpRefusedError ||
      thrown instanceof UnreadableAnswerError ||
      thrown.code === 'INVALID_ARGUMENT';
    return isRefusal ? { problem: thrown.message } : { warning: thrown.message };
  }
}
