/**
 * Asks a run's endpoints and inference servers about one batch before the run is submitted. Only a call shows whether
 * the server takes the set's samples, and whether its answer can be read.
 */
import { isRemoteEngine, parsePackagedModel } from '@lyceum/learning/formats';
import { hasPrice } from '@lyceum/learning/specification';
import type { Outside, SecretPlaces } from '@lyceum/platform';
import type { Problem } from '@lyceum/proto';
import type { ArtifactCatalog } from '../artifacts/index.js';
import type { PinnedTeacher, RunRecord } from '../runs/index.js';
import { runTask } from '../tasks/index.js';

export interface EndpointTrialRequest {
  readonly modelFile: string;
  /** The teacher's settings in the run. */
  readonly settingsJson: string;
  readonly datasetFile: string;
  readonly secrets: SecretPlaces;
  readonly allowedAddresses: readonly string[];
}

/** The result of a trial. Neither problem nor warning: the endpoint answered. */
export interface EndpointTrial {
  /** Set if the server refuses the run's request, or its answer cannot be read. */
  readonly problem?: string;
  /** Set if the endpoint could not be asked: not from here, or not at this moment. */
  readonly warning?: string;
}

export interface EndpointTrialsParts {
  readonly catalog: ArtifactCatalog;
  readonly outside: Outside;
}

export class EndpointTrials {
  readonly #parts: EndpointTrialsParts;

  constructor(parts: EndpointTrialsParts) {
    this.#parts = parts;
  }

  /** @param askPaid - also ask endpoints whose calls have a price. */
  async run(
    { teachers, dataset }: Pick<RunRecord, 'teachers' | 'dataset'>,
    askPaid: boolean,
  ): Promise<{ readonly problems: Problem[]; readonly warnings: string[] }> {
    const problems: Problem[] = [];
    const warnings: string[] = [];
    for (const [index, teacher] of teachers.entries()) {
      const { name, engine } = teacher;
      if (!isRemoteEngine(engine)) continue;
      const { problem, warning } = await this.#ask(teacher, dataset, askPaid);
      if (problem !== undefined) {
        problems.push({ path: `spec.teachers[${index}]`, message: `does not answer: ${problem}` });
      }
      if (warning !== undefined) warnings.push(`teacher ${name} was not tried: ${warning}`);
    }
    return { problems, warnings };
  }

  async #ask(
    { modelDigest, settingsJson }: PinnedTeacher,
    dataset: RunRecord['dataset'],
    askPaid: boolean,
  ): Promise<EndpointTrial> {
    const { catalog, outside } = this.#parts;
    const packaged = parsePackagedModel(await catalog.blobs.get(modelDigest));
    if (packaged.format === 'endpoint' && hasPrice(packaged.model.endpoint) && !askPaid) {
      return { warning: 'its calls have a price; --ask-paid asks it about one batch' };
    }
    const request = {
      modelFile: await catalog.file({ digest: modelDigest }),
      settingsJson,
      datasetFile: await catalog.file(dataset),
      secrets: outside.secrets,
      allowedAddresses: outside.addresses.allowed,
    };
    const what = `an endpoint of ${modelDigest}`;
    const task = new URL('../../dist/planning/endpoint-trial-task.js', import.meta.url);
    return runTask<EndpointTrialRequest, EndpointTrial>(task, 'tryEndpoint', request, what);
  }
}
