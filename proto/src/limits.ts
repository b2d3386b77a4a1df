/**
 * Limits that a process sets for data from other processes, each with its reason. Sizes in bytes.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** A run's specification; a real one has 2 KiB. YAML can be made so that the time to read it grows by the square. */
export const SPECIFICATION_MAX_BYTES = 64 * KIB;

/** Any other document. It may list thousands of classes; it is read on its author's own machine. */
export const DOCUMENT_MAX_BYTES = 1 * MIB;

/** Longer specifications are read in a thread, so that the event loop stays free. This length takes some ms. */
export const SPECIFICATION_INLINE_BYTES = 8 * KIB;

/** {@link YAML_MAX_MARKS} for texts read on the event loop: real ones have some dozens; 800 keys take 40 to 80 ms. */
export const SPECIFICATION_INLINE_MARKS = 256;

/** Values in one document, and depth of nested sections: a real document has some dozens, 6 deep. */
export const DOCUMENT_MAX_VALUES = 4096;
export const DOCUMENT_MAX_DEPTH = 24;

/** Line ends, commas and brackets in a YAML text: the time to read it grows by the square of its entries. */
export const YAML_MAX_MARKS = 4 * DOCUMENT_MAX_VALUES;

/** Letters of a key in a document; the longest known key has 20. */
export const DOCUMENT_KEY_MAX_LETTERS = 64;

/** Problems that an error about a document lists, and letters of each. */
export const PROBLEM_MAX_COUNT = 32;
export const PROBLEM_MAX_LETTERS = 1024;

/**
 * A run's record at submit. The record is one NATS message, 1 MiB at most, and grows later: by a fitted rule of up to
 * {@link FIT_MAX_NUMBERS}, by what its teachers know, by the workers that answered.
 */
export const RUN_RECORD_MAX_BYTES = 512 * KIB;

/** The record of a named model or set, mainly names of classes and columns. It is one NATS message, 1 MiB at most. */
export const ARTIFACT_RECORD_MAX_BYTES = 1000 * KIB;

/** One gRPC message, both ways. Frames hold {@link FRAME_BYTES}, which leaves room for the other fields. */
export const MESSAGE_MAX_BYTES = 8 * MIB;

/** Inner messages, texts and byte strings in one gRPC message: several times those of a worker's largest report. */
export const MESSAGE_MAX_PARTS = 65_536;

/** Text of one gRPC status. It travels percent-encoded in a header, and peers accept 64 KiB of headers. */
export const STATUS_DETAILS_MAX_BYTES = 8 * KIB;

/** Tensor bytes in one frame. A stream does not get faster with messages above about 1 MiB. */
export const FRAME_BYTES = 1 * MIB;

/** Features of one sample, over all teachers and layers of a run: a frame holds at least one sample. */
export const FEATURE_SAMPLE_MAX_BYTES = 4 * MIB;

/** Features of one batch, over all teachers and layers: student and coordinator hold several batches. */
export const FEATURE_BATCH_MAX_BYTES = 32 * MIB;

/** Bytes in one chunk of an uploaded or downloaded artifact. */
export const CHUNK_BYTES = 256 * KIB;

/** Downloads that a coordinator serves at once. Each holds some MiB if its reader is slow. */
export const DOWNLOAD_MAX_COUNT = 16;

/** A model package, with its zipped weights. Larger models belong behind an inference server. */
export const MODEL_MAX_BYTES = 2048 * MIB;

/**
 * Parameters of a student. With Adam a checkpoint has three numbers of 4 bytes for each parameter, and must fit into
 * one blob of {@link MODEL_MAX_BYTES}. A worker needs about twice as much memory to train the student.
 */
export const STUDENT_MAX_PARAMETERS = Math.floor(MODEL_MAX_BYTES / 12);

/** Numbers of one sample as a model sees it: 1,672 × 1,672 pixels in three colours. A request has some 100 samples. */
export const SAMPLE_MAX_VALUES = 8 * 1024 * 1024;

/** Numbers of one sample's output in any layer of a model: 1 GiB of float32. */
export const LAYER_MAX_VALUES = 256 * 1024 * 1024;

/** A student's batch: samples as float32, and targets. A step needs several times as much memory. */
export const BATCH_MAX_BYTES = 1024 * MIB;

/** The smallest window of one run's answers in a coordinator; 64 teachers with the longest spans need half of it. */
export const LEAST_WINDOW_MAX_BYTES = 4096 * MIB;

/** A data set in one file. Larger sets are in shards: only their manifest is pushed. */
export const DATASET_MAX_BYTES = 2048 * MIB;

/** A checkpoint or a part of an outcome: the largest model's weights, two moments of Adam, and best weights so far. */
export const TRAINED_MAX_BYTES = 4 * MODEL_MAX_BYTES;

/** JetStream's own limit of one message; a ticket is under 200 bytes. */
export const TICKET_MAX_BYTES = 1 * KIB;

/** The random key that identifies a worker's process: too long to guess. */
export const SESSION_KEY_BYTES = 32;

/** Each text of a worker's hello: a GPU's name has some 40 letters. */
export const HELLO_TEXT_MAX_LETTERS = 128;

/** A worker's text on why something failed: the rest is in its log. */
export const REASON_MAX_LETTERS = 2048;

/** Log lines that a worker sends in one message, and letters of each: the worker's own log has everything. */
export const LOGGED_MAX_LINES = 64;
export const LOGGED_MAX_LETTERS = 2048;

/** Teachers in one worker's report. */
export const REPORT_MAX_TEACHERS = 1024;

/** Sessions that a coordinator holds open for each kind of worker. */
export const SESSION_MAX_COUNT = 4096;

/** Readers that share the steps of a run: batches have fewer rows, so more readers would get none. */
export const WORLD_MAX_SIZE = 65_536;

/** How long a call without an explicit deadline may take before the caller gives up, milliseconds. */
export const UNARY_DEADLINE_MS = 30_000;

/** How long the command line tries to reach the coordinator, milliseconds; with the program's start, under 5 s. */
export const CONNECT_DEADLINE_MS = 3_000;

/** Numbers of a fitted rule: at 20 bytes each they leave most of a NATS message, 1 MiB, to the rest of the record. */
export const FIT_MAX_NUMBERS = 16_384;

/** One response of a black-box endpoint: an answer is a few words, a batch of answers some KiB. */
export const HTTP_RESPONSE_MAX_BYTES = 4 * MIB;

/** A token, or a chain of certificates. */
export const SECRET_MAX_BYTES = 64 * KIB;

/** Sample rows in one request to an inference server, and its answer: most servers' limit, less the other fields. */
export const INFERENCE_REQUEST_MAX_BYTES = MESSAGE_MAX_BYTES - 64 * KIB;
