/** Asks a server what it says of a model now, and whether that is still what it said before. */
import { randomUUID } from 'node:crypto';
import {
  INFERENCE_REQUEST_MAX_BYTES,
  InvalidDocumentError,
  LyceumError,
  type Problem,
  toLyceumError,
} from '@lyceum/proto';
import { noiseOf, type RemotePackage, tensorText } from '../formats/remote/index.js';
import { agreedClasses, classCountOf, type ModelSettings } from '../models/index.js';
import type { FoundModel, InferenceDescription } from '../specification/index.js';
import { type AskedModel, askedModel, type ModelMetadata } from './asked-model.js';
import { answersDiffer, areDistributions, CANARY_ROWS } from './canaries.js';
import { answerProblems, boundsProblems } from './found-problems.js';
import {
  type InferenceServer,
  type InferRequest,
  type InferResult,
  OtherOutputsError,
} from './inference-server.js';
import { inputBytes } from './input-tensors.js';
import { canaryQuestion, type Questioned } from './questions.js';
import { ofServer } from './remote-model.js';
import { labelsIn } from './told-labels.js';

/** Rows of one request if the server takes as many; answers gain little from more. */
const REQUEST_ROWS = 128;

/** Codes by which a server refuses too many rows. Triton sends the first, KServe and MLServer the others. */
const REFUSALS: readonly string[] = ['INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED', 'INTERNAL'];

/** Errors of a server that is away. Any other error comes from a server that does not know about labels. */
const ABSENCES: readonly string[] = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED'];

/**
 * Asks for metadata and canaries, with fewer rows at a time until the server takes them.
 *
 * @param given - settings by the user; the others are told from the server's answers where that is possible.
 * @throws {InvalidDocumentError} naming all reasons why the model cannot be asked as a classifier.
 * @throws {LyceumError} with the server's code, if it does not answer at all, or not such a question.
 */
export async function findModel(
  server: InferenceServer,
  description: InferenceDescription,
  given: Partial<ModelSettings>,
): Promise<RemotePackage> {
  const { url, model } = description;
  try {
    const metadata = withDeclared(await server.modelMetadata(), description, given);
    const problems = boundsProblems(metadata);
    const asked =
      problems.length > 0 ? undefined : askedModel(metadata, description, given, problems);
    if (asked === undefined) throw new InvalidDocumentError(`model ${model} at ${url}`, problems);
    const { question, fixedRows, scale } = asked;
    const scaled = { ...given, ...(scale !== undefined && { scale }) };
    const { rows, result, output } = await mostRows(server, description, asked, scaled);
    const classCount = result.shape[1] as number;
    const asking = { description, found: { ...asked, output, classCount } };
    const labels = await toldLabels(server, asking, fixedRows);
    const canaries = Array.from(result.values.subarray(0, canaryCount(rows) * classCount));
    const found: FoundModel = {
      server: await server.serverMetadata(),
      ...metadata,
      inputs: [...metadata.inputs],
      outputs: [...metadata.outputs],
      versions: [...metadata.versions],
      question,
      output,
      classCount,
      ...(labels !== undefined && { labels: [...labels] }),
      rows,
      rowsAreFixed: fixedRows !== undefined,
      canaries,
    };
    problems.push(...answerProblems(canaries, classCount, output, scaled));
    const settings = completeSettings(scaled, asked, found, problems);
    const remote = { description, found, settings };
    const differs = problems.length > 0 ? undefined : await canaryChange(server, remote);
    if (differs !== undefined) {
      const message = `asked again, ${differs}: the answers depend on chance, or on the other rows of a request, as in training`;
      problems.push({ path: output, message });
    }
    if (problems.length > 0) throw new InvalidDocumentError(`model ${model} at ${url}`, problems);
    return remote;
  } catch (thrown) {
    if (thrown instanceof InvalidDocumentError) throw thrown;
    throw ofServer(thrown, url);
  }
}

/**
 * @throws {LyceumError} FAILED_PRECONDITION, with what has changed, if the server has another model than when it was
 *   pushed; else with the server's code, if it does not answer.
 */
export async function requireUnchanged(
  server: InferenceServer,
  remote: RemotePackage,
): Promise<void> {
  await requireUnchangedBy(remote, async () => {
    const said = (await nowOf(server, remote)) ?? (await labelChange(server, remote));
    return said ?? (await canaryChange(server, remote));
  });
}

/** As {@link requireUnchanged}, by the model's metadata alone: its version, inputs and outputs. */
export async function requireUnchangedMetadata(
  server: InferenceServer,
  remote: RemotePackage,
): Promise<void> {
  await requireUnchangedBy(remote, () => nowOf(server, remote));
}

async function nowOf(
  server: InferenceServer,
  { description, found, settings }: RemotePackage,
): Promise<string | undefined> {
  const metadata = withDeclared(await server.modelMetadata(), description, settings);
  return metadataChange(metadata, found, description.version === undefined);
}

async function requireUnchangedBy(
  { description }: RemotePackage,
  change: () => Promise<string | undefined>,
): Promise<void> {
  const { url, model } = description;
  try {
    const changed = await change();
    if (changed === undefined) return;
    const message = `model ${model} is not what it was when it was pushed: ${changed}; push it again`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  } catch (thrown) {
    throw ofServer(thrown, url);
  }
}

/** The metadata with what the description declares: servers in Python may tell nothing of inputs and outputs. */
function withDeclared(
  metadata: ModelMetadata,
  { input, inputShape, examples: [example] = [] }: InferenceDescription,
  { outputName }: Partial<ModelSettings>,
): ModelMetadata {
  const { inputs, outputs } = metadata;
  const declaredInputs =
    inputs.length > 0
      ? inputs
      : input !== undefined && inputShape !== undefined
        ? [{ name: input, datatype: 'FP32', shape: [-1, ...inputShape] }]
        : Object.entries(example ?? {}).map(([name, cell]) => ({
            name,
            datatype: DATATYPE_OF[typeof cell] ?? 'FP64',
            shape: [-1],
          }));
  const declaresOutput = outputs.length === 0 && outputName !== undefined;
  return {
    ...metadata,
    inputs: declaredInputs,
    ...(declaresOutput && { outputs: [{ name: outputName, datatype: 'FP32', shape: [-1, -1] }] }),
  };
}

/** Datatypes of inputs by what an example has there, numbers aside. */
const DATATYPE_OF: Readonly<Record<string, string>> = { string: 'BYTES', boolean: 'BOOL' };

/**
 * The canaries' answers, asked for in requests of as many rows as the server takes.
 *
 * @returns with the output's name in the answers. It is not the one of the metadata where the server has one output,
 *   answers with one, and calls it otherwise: MLServer's runtime for MLflow tells `output-0`, and answers `output-1`.
 */
async function mostRows(
  server: InferenceServer,
  description: InferenceDescription,
  asked: AskedModel,
  given: Partial<ModelSettings>,
): Promise<{ readonly rows: number; readonly result: InferResult; readonly output: string }> {
  const { output, fixedRows } = asked;
  const asking = { description, found: { ...asked, output: output.name } };
  const rowBytes = inputBytes(canaryQuestion(asked, description, given, 1));
  const fitting = Math.floor(INFERENCE_REQUEST_MAX_BYTES / rowBytes);
  if (fitting < (fixedRows ?? 1)) {
    const message = `a request of ${fixedRows ?? 1} samples has more than ${INFERENCE_REQUEST_MAX_BYTES} bytes`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  for (let rows = fixedRows ?? Math.min(REQUEST_ROWS, fitting); ; rows = Math.floor(rows / 2)) {
    try {
      const result = await server.infer(canariesOf(asking, given, rows));
      const [rowCount, classCount = 0] = result.shape;
      if (result.shape.length === 2 && rowCount === rows && classCount > 0)
        return { rows, result, output: output.name };
      const message = `its output ${tensorText(output)} has shape [${result.shape}] for ${rows} samples; want [${rows}, classes]`;
      throw new InvalidDocumentError('the answer', [{ path: output.name, message }]);
    } catch (thrown) {
      if (thrown instanceof OtherOutputsError) {
        const [name, ...others] = thrown.names;
        if (!asked.isOnlyOutput || name === undefined || others.length > 0) throw thrown;
        const named = { ...asked, output: { ...output, name }, isOnlyOutput: false };
        return mostRows(server, description, named, given);
      }
      const isRefusal =
        !(thrown instanceof InvalidDocumentError) && REFUSALS.includes(toLyceumError(thrown).code);
      if (isRefusal && rows > 1 && fixedRows === undefined) continue;
      const { code, message } = toLyceumError(thrown);
      const advice = isRefusal ? adviceFor(asked, description) : undefined;
      if (advice === undefined) throw thrown;
      throw new LyceumError(code, `${message}; ${advice}`, { cause: thrown });
    }
  }
}

/** Advice if a server refuses rows of a table that were made up. */
const MADE_UP =
  'it was asked about made-up rows: if it takes certain words alone, describe it in a file with rows that it knows, examples: [{ COLUMN: VALUE, … }]';

/** Numbers that JSON has no form for. Some servers take them all the same. */
const FORMLESS: readonly string[] = ['FP16', 'BF16'];

/** What may be wrong if a server refuses a single row; undefined: nothing that could be told. */
function adviceFor(
  { question, inputs, output }: AskedModel,
  { url, examples }: InferenceDescription,
): string | undefined {
  if ('table' in question && examples === undefined) return MADE_UP;
  const asked = 'input' in question ? inputs.filter(({ name }) => name === question.input) : [];
  const formless = [...asked, output].filter(({ datatype }) => FORMLESS.includes(datatype));
  if (formless.length === 0 || !url.startsWith('http')) return undefined;
  const listed = formless.map(({ name, datatype }) => `${name} ${datatype}`).join(', ');
  return `JSON has no form for ${listed}: want grpc://`;
}

/** What is needed to ask about canaries. */
interface Asking {
  readonly description: InferenceDescription;
  readonly found: Questioned & Pick<FoundModel, 'output'>;
}

function canariesOf(
  { description, found }: Asking,
  settings: Partial<ModelSettings>,
  rows: number,
): InferRequest {
  const inputs = canaryQuestion(found, description, settings, rows);
  return { id: randomUUID(), inputs, output: found.output };
}

/** Names of the classes; undefined: the server does not tell them. @param fixedRows - undefined: one will do. */
async function toldLabels(
  server: InferenceServer,
  asking: Asking & { readonly found: Pick<FoundModel, 'classCount'> },
  fixedRows = 1,
): Promise<readonly string[] | undefined> {
  const { classCount } = asking.found;
  try {
    const texts = await server.bestClasses(canariesOf(asking, {}, fixedRows), classCount);
    return labelsIn(texts, classCount);
  } catch (thrown) {
    if (ABSENCES.includes(toLyceumError(thrown).code)) throw thrown;
    return undefined;
  }
}

/** A change in the labels of a server that told them before: without their order its answers mean nothing. */
async function labelChange(
  server: InferenceServer,
  remote: RemotePackage,
): Promise<string | undefined> {
  const { labels, rows, rowsAreFixed } = remote.found;
  if (labels === undefined) return undefined;
  const now = await toldLabels(server, remote, rowsAreFixed ? rows : undefined);
  const index = labels.findIndex((label, c) => label !== now?.[c]);
  if (index < 0) return undefined;
  return `its class ${index} was ${labels[index]}, and is ${now?.[index] ?? 'without a name'}`;
}

function metadataChange(
  now: ModelMetadata,
  found: FoundModel,
  followsVersions: boolean,
): string | undefined {
  const texts = ({ platform, versions, inputs, outputs }: ModelMetadata) => ({
    platform,
    // Replicas of one server need not list them in one order.
    ...(followsVersions && { versions: [...versions].sort().join(', ') }),
    inputs: inputs.map(tensorText).join(', '),
    outputs: outputs.map(tensorText).join(', '),
  });
  const [before, after] = [Object.entries(texts(found)), Object.values(texts(now))];
  const index = before.findIndex(([, text], i) => text !== after[i]);
  const [field, text] = before[index] ?? [];
  return field === undefined ? undefined : `its ${field} were ${text}, and are ${after[index]}`;
}

async function canaryChange(
  server: InferenceServer,
  remote: RemotePackage,
): Promise<string | undefined> {
  const { found, settings } = remote;
  const { rows, rowsAreFixed, canaries, classCount } = found;
  const count = canaryCount(rows);
  const sent = rowsAreFixed ? rows : count;
  const result = await server.infer(canariesOf(remote, settings, sent));
  const [before, now] = [`[${[sent, classCount]}]`, `[${result.shape}]`];
  if (now !== before) return `its answers to fixed inputs had shape ${before}, and have ${now}`;
  const differs = answersDiffer(
    canaries,
    result.values.subarray(0, count * classCount),
    noiseOf(remote),
  );
  return differs && `its answers to fixed inputs differ ${differs}`;
}

/**
 * Fills in settings that are not given, from labels and answers to canaries. Contradictions become `problems`.
 */
function completeSettings(
  given: Partial<ModelSettings>,
  { layout }: AskedModel,
  { canaries, classCount, labels, outputs, output }: FoundModel,
  problems: Problem[],
): ModelSettings {
  const kind = areDistributions(canaries, classCount) ? 'probabilities' : 'logits';
  const told = labels === undefined ? [] : [{ names: labels, source: 'the server' }];
  const contradictions: Problem[] = [];
  const classes = agreedClasses(given.classes, told, classCountOf(classCount), contradictions);
  problems.push(...contradictions.map((p) => ({ ...p, path: `settings.${p.path}` })));
  return {
    output: kind,
    ...given,
    ...(layout !== undefined && { layout }),
    ...(outputs.length > 1 && { outputName: output }),
    ...(classes !== undefined && { classes }),
  };
}

function canaryCount(rows: number): number {
  return Math.min(CANARY_ROWS, rows);
}
