/**
 * Every limit that one process sets for what another may send it, with the reason. Sizes in bytes.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** A run's specification; a real one is 2 KiB. Reading YAML that somebody made to be slow takes time by the square. */
export const SPECIFICATION_MAX_BYTES = 64 * KIB;

/** Any other document: it may list thousands of classes, and is read on its author's own machine. */
export const DOCUMENT_MAX_BYTES = 1 * MIB;

/** A longer one is read off the event loop, which answers the network: a text of this length takes some ms. */
export const SPECIFICATION_INLINE_BYTES = 8 * KIB;

/** As {@link YAML_MAX_MARKS}, for what is read on the event loop: a real one has some dozens, 800 keys take 40 to 80 ms. */
export const SPECIFICATION_INLINE_MARKS = 256;

/** Values in one document, and sections within sections: a real one has some dozens, 6 deep. */
export const DOCUMENT_MAX_VALUES = 4096;
export const DOCUMENT_MAX_DEPTH = 24;

/** Line ends, commas and brackets of a text in YAML: reading it takes time by the square of its entries. */
export const YAML_MAX_MARKS = 4 * DOCUMENT_MAX_VALUES;

/** Letters of a key that is looked at; the longest that is known has 20. */
export const DOCUMENT_KEY_MAX_LETTERS = 64;

/** Problems of one document that are told, and letters of each. */
export const PROBLEM_MAX_COUNT = 32;
export const PROBLEM_MAX_LETTERS = 1024;

/**
 * A run's record when it is submitted. It is one message of NATS, 1 MiB, and grows: by a fitted rule of up to
 * {@link FIT_MAX_NUMBERS}, by what its teachers know, by who answered.
 */
export const RUN_RECORD_MAX_BYTES = 512 * KIB;

/** What is kept of a model or set under its name, names of classes and columns above all. One message of NATS, 1 MiB. */
export const ARTIFACT_RECORD_MAX_BYTES = 1000 * KIB;

/** One gRPC message, both ways. Frames are cut to {@link FRAME_BYTES}, which leaves room for the envelope. */
export const MESSAGE_MAX_BYTES = 8 * MIB;

/** Messages in one gRPC request, texts and byte strings, of all depths: some times what a report of a worker may have. */
export const MESSAGE_MAX_PARTS = 65_536;

/** Text of one gRPC status. It travels in a header, percent-encoded, and peers stop at 64 KiB of those. */
export const STATUS_DETAILS_MAX_BYTES = 8 * KIB;

/** Tensor bytes in one frame. Throughput of a stream levels off at about 1 MiB a message. */
export const FRAME_BYTES = 1 * MIB;

/** Features of one sample, all teachers and layers of a run together: a frame has at least one sample's. */
export const FEATURE_SAMPLE_MAX_BYTES = 4 * MIB;

/** Features of one batch, all together: a student holds those of some batches, and a coordinator of a few more. */
export const FEATURE_BATCH_MAX_BYTES = 32 * MIB;

/** Bytes in one chunk of an uploaded or downloaded artifact. */
export const CHUNK_BYTES = 256 * KIB;

/** Downloads that a coordinator serves at once. Each holds some MiB while nobody reads it. */
export const DOWNLOAD_MAX_COUNT = 16;

/** A model package, zipped weights and all. Larger ones belong behind an inference server. */
export const MODEL_MAX_BYTES = 2048 * MIB;

/**
 * Parameters of a student. With Adam a checkpoint has three numbers of 4 bytes for each, and it is stored as a model is: as
 * one blob of at most {@link MODEL_MAX_BYTES}. A worker needs about twice as much memory to train it.
 */
export const STUDENT_MAX_PARAMETERS = Math.floor(MODEL_MAX_BYTES / 12);

/** Numbers of one sample as a teacher sees it: 1,672 pixels squared in three colours. Some hundred rows are asked about at once. */
export const SAMPLE_MAX_VALUES = 8 * 1024 * 1024;

/** Numbers that one sample has in any layer of a teacher: 1 GiB. */
export const LAYER_MAX_VALUES = 256 * 1024 * 1024;

/** A batch as a student trains on it: samples as float32, and targets. Steps hold it several times over. */
export const BATCH_MAX_BYTES = 1024 * MIB;

/** Answers that a coordinator holds for one run at the least; 64 teachers with the longest spans need half of it. */
export const LEAST_WINDOW_MAX_BYTES = 4096 * MIB;

/** A data set in one file. Larger ones are sets in shards, of which a manifest is pushed. */
export const DATASET_MAX_BYTES = 2048 * MIB;

/** A checkpoint or a part of an outcome: weights, the two moments of Adam, and the best weights so far of the largest model. */
export const TRAINED_MAX_BYTES = 4 * MODEL_MAX_BYTES;

/** JetStream's own limit of one message; a ticket is under 200 bytes. */
export const TICKET_MAX_BYTES = 1 * KIB;

/** A key that nobody guesses, by which a worker's process is known. */
export const SESSION_KEY_BYTES = 32;

/** What a worker says of itself, each text: a GPU's name has some 40 letters. */
export const HELLO_TEXT_MAX_LETTERS = 128;

/** Why something failed, in a worker's words: the rest is in its log. */
export const REASON_MAX_LETTERS = 2048;

/** Lines of its log that a worker sends in one message, and letters of each: its log has all of them. */
export const LOGGED_MAX_LINES = 64;
export const LOGGED_MAX_LETTERS = 2048;

/** Teachers of which one worker reports; the rest of a report has no list. */
export const REPORT_MAX_TEACHERS = 1024;

/** Sessions that a coordinator holds open, all workers together. */
export const SESSION_MAX_COUNT = 4096;

/** Readers that share the steps of a run: batches have fewer rows, so that more would get nothing. */
export const WORLD_MAX_SIZE = 65_536;

/** How long a call without an explicit deadline may take before the caller gives up, milliseconds. */
export const UNARY_DEADLINE_MS = 30_000;

/** How long the command line tries to reach the coordinator, milliseconds; with its own start, under 5 s. */
export const CONNECT_DEADLINE_MS = 3_000;

/** Numbers of a fitted rule: at 20 bytes each they leave most of a message of NATS, 1 MiB, to the rest of the record. */
export const FIT_MAX_NUMBERS = 16_384;

/** One response of a black-box endpoint: an answer is a few words, a batch of them some KiB. */
export const HTTP_RESPONSE_MAX_BYTES = 4 * MIB;

/** A token, or a chain of certificates. */
export const SECRET_MAX_BYTES = 64 * KIB;

/** Rows of samples in one request to an inference server, and its answer: what most servers take, less the envelope. */
export const INFERENCE_REQUEST_MAX_BYTES = MESSAGE_MAX_BYTES - 64 * KIB;
