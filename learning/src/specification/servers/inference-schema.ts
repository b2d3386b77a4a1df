/** How a user describes a model behind an Open Inference server: alone, to push it, or in a run. */
import {
  elementCount,
  INFERENCE_REQUEST_MAX_BYTES,
  InvalidDocumentError,
  SAMPLE_MAX_VALUES,
} from '@lyceum/proto';
import { z } from 'zod';
import {
  boundsProblem,
  choose,
  isMapping,
  list,
  problemsOf,
  section,
  text,
  wants,
  wholeNumber,
} from '../../documents/index.js';
import { headers, secretName } from './header-schema.js';

const URL_TEXT =
  'grpc://HOST:PORT or grpcs://HOST:PORT, or http://… or https://… up to the /v2, without a user or a query';
const GRPC = 'grpcs?:\\/\\/(?:\\[[0-9a-fA-F:.]+\\]|[^\\s/:@?#[\\]]+):\\d{1,5}\\/?';
const HTTP =
  'https?:\\/\\/(?:\\[[0-9a-fA-F:.]+\\]|[^\\s/:@?#[\\]]+)(?::\\d{1,5})?(?:\\/[^\\s@?#]*)?';

const plainWord = (want: string) => text(want, /^[^\s/?#]{1,200}$/);
const size = wholeNumber(`a whole number from 1 to ${SAMPLE_MAX_VALUES}`, {
  above: 0,
  atMost: SAMPLE_MAX_VALUES,
});

/** Shape of one sample, which must fit into one request at one byte a number or more. */
const inputShape = list(size, 'a list of 1 to 8 sizes', { atLeast: 1, atMost: 8 }).refine(
  (shape) => elementCount(shape) <= INFERENCE_REQUEST_MAX_BYTES,
  {
    error: ({ input }) =>
      `makes samples of ${elementCount(input as number[])} numbers; at most ${INFERENCE_REQUEST_MAX_BYTES} fit into a request`,
  },
);

const example = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null()], {
    error: wants('a text, a number, true, false, or null'),
  }),
  { error: wants('a mapping from columns to their cells') },
);
export type Example = z.output<typeof example>;

const fields = {
  url: text(URL_TEXT, new RegExp(`^(?:${GRPC}|${HTTP})$`)).describe(
    "The server's address, over HTTP up to the /v2; grpcs and https with TLS.",
  ),
  model: plainWord('the name that the server calls the model by').describe(
    'The name that the server calls the model by.',
  ),
  version: plainWord("one of the model's versions on the server")
    .optional()
    .describe("The model's version on the server; default the one that the server chooses."),
  revision: text('a text of at most 200 characters', /^.{1,200}$/su)
    .optional()
    .describe('Your own word for what the server has now: another one is another teacher.'),
  input: plainWord("an input's name")
    .optional()
    .describe(
      'Of a model with several inputs, the name of the one for samples; the others must not be needed.',
    ),
  precision: z
    .enum(['float32', 'tf32', 'float16', 'bfloat16'], {
      error: wants('float32, tf32, float16 or bfloat16'),
    })
    .optional()
    .describe(
      "What the server computes in, from which follows how far its answers may move; default by its output's datatype.",
    ),
  inputShape: inputShape
    .optional()
    .describe(
      "The sizes of one sample, in the model's layout, where the server leaves some of them open.",
    ),
  examples: list(example, 'a list of 1 to 16 rows', { atLeast: 1, atMost: 16 })
    .optional()
    .describe(
      "Of a model that reads a table's columns: rows that it knows, as [{ age: 39, town: Ulm }], which it is asked about at push and at load; default made-up ones. Where the server tells no inputs, their cells say what these are.",
    ),
  headers: headers
    .optional()
    .describe(
      'What is sent with every request, as { authorization: { secret: triton-token, prefix: "Bearer " } }.',
    ),
  tls: section({
    ca: secretName
      .optional()
      .describe(
        "The name of the secret with the authorities that the server's certificate may be of, in PEM; default the machine's.",
      ),
    certificate: secretName
      .optional()
      .describe("The name of the secret with this side's certificate, in PEM."),
    key: secretName
      .optional()
      .describe("The name of the secret with the key of this side's certificate, in PEM."),
  })
    .optional()
    .describe('The certificates that the connection is secured with.'),
  concurrency: wholeNumber('a whole number from 1 to 64', { atLeast: 1, atMost: 64 })
    .default(4)
    .describe('How many requests may be under way at a time, from each teacher worker.'),
  deadlineSeconds: wholeNumber('a whole number from 1 to 600', { atLeast: 1, atMost: 600 })
    .default(30)
    .describe('How many seconds one request may take.'),
};

const OF_ENDPOINT = 'is of an endpoint, whose description is pushed without --inference';
const OF_SETTINGS =
  "is one of the model's settings: --settings FILE, or in a run settings beside the url";

/** Fields that belong elsewhere: to an endpoint's description, or to a model's settings. */
const elsewhere = {
  settings: 'stand in a file of their own: --settings FILE',
  ...saying(OF_ENDPOINT, ['request', 'answer', 'chat', 'timeoutMs']),
  ...saying(OF_SETTINGS, ['output', 'outputName', 'layout', 'scale', 'mean', 'classes']),
};

function saying(text: string, keys: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(keys.map((key) => [key, text]));
}

const inferenceDescription = section(fields, elsewhere);

/** A description in a run, where the model's settings have no file of their own. */
export const inlineInference = section(
  {
    ...fields,
    settings: z
      .record(z.string(), z.unknown(), { error: wants("a mapping with a model's settings") })
      .default({})
      .describe(
        "The model's settings, as layout, scale and classes, which a pushed model has in a file of their own.",
      ),
  },
  elsewhere,
);

export type InferenceDescription = z.output<typeof inferenceDescription>;
export type InlineInference = z.output<typeof inlineInference>;

/** @throws {InvalidDocumentError} naming every field that is wrong. */
export function checkInferenceDescription(document: unknown, source: string): InferenceDescription {
  const unbounded = boundsProblem(document);
  if (unbounded !== undefined) throw new InvalidDocumentError(source, [unbounded]);
  const result = inferenceDescription.safeParse(document);
  if (!result.success) throw new InvalidDocumentError(source, problemsOf(result.error));
  return result.data;
}

const tensorMetadata = section({
  name: z.string(),
  datatype: z.string(),
  /** −1: this dimension may have any size. */
  shape: z.array(z.int()),
});

const name = z.string();
const numbersQuestion = section({
  /** Name of one of `inputs`. */
  input: name,
  /** Shape of one sample, in the model's layout. */
  sampleShape: z.array(size),
});
const tableQuestion = section({
  table: z.array(
    section({
      name,
      cellType: z.enum(['string', 'float32', 'float64', 'int32', 'int64', 'bool']),
      /** The model's names of its columns, in its order. */
      columns: z.array(name),
      /** Whether an input's shape is [rows] instead of [rows, columns]. */
      isFlat: z.boolean(),
    }),
  ),
});
/** How the model is asked about a sample: its numbers, or the cells of its row. */
const question = choose([numbersQuestion, tableQuestion], (input) =>
  isMapping(input) && 'table' in input ? tableQuestion : numbersQuestion,
);

/** What a server said of the model when it was pushed, and how the model is asked since then. */
const foundModel = section({
  server: section({ name: z.string(), version: z.string() }),
  platform: z.string(),
  versions: z.array(z.string()),
  inputs: z.array(tensorMetadata),
  outputs: z.array(tensorMetadata),
  question,
  /** Name of one of `outputs`. */
  output: name,
  /** 1 of a sigmoid, though a sigmoid tells two classes apart. */
  classCount: size,
  /** Names of the classes, where the server tells them. */
  labels: z.array(z.string()).optional(),
  /** Greatest number of rows of one request; if `rowsAreFixed`, the only one. */
  rows: size,
  rowsAreFixed: z.boolean(),
  /** The server's answers to the canary inputs, [rows of one request, classCount]. */
  canaries: z.array(z.number()),
}).check(({ value, issues }) => {
  const { question: asked, rows, classCount, canaries } = value;
  const wrong = (path: string, message: string) =>
    issues.push({ code: 'custom', path: [path], message, input: value });
  const width = (table: z.output<typeof tableQuestion>['table']) =>
    table.reduce((sum, { columns }) => sum + columns.length, 0);
  const sampleShape = 'table' in asked ? [width(asked.table)] : asked.sampleShape;
  const values = rows * elementCount(sampleShape);
  if (values > INFERENCE_REQUEST_MAX_BYTES) {
    const message = `makes requests of ${values} values, ${rows} rows of [${sampleShape}]; at most ${INFERENCE_REQUEST_MAX_BYTES} are sent`;
    wrong('question', message);
  }
  if (canaries.length < classCount) {
    wrong(
      'classCount',
      `is ${classCount}, and the answers to fixed inputs have ${canaries.length} numbers`,
    );
  }
});

const remoteModel = section({ description: inferenceDescription, found: foundModel });

export type InferenceTensorMetadata = z.output<typeof tensorMetadata>;
export type FoundModel = z.output<typeof foundModel>;
export type RemoteModelDocument = z.output<typeof remoteModel>;

/** @throws {InvalidDocumentError} naming every field that is wrong. */
export function checkRemoteModelDocument(document: unknown, source: string): RemoteModelDocument {
  const result = remoteModel.safeParse(document);
  if (!result.success) throw new InvalidDocumentError(source, problemsOf(result.error));
  return result.data;
}
