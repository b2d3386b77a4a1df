/**
 * Every limit that one process sets for what another may send it, with the reason. Sizes in bytes.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** A run's specification; a real one is 2 KiB. */
export const SPECIFICATION_MAX_BYTES = 1 * MIB;

/** One gRPC message, both ways. Frames are cut to {@link FRAME_BYTES}, which leaves room for the envelope. */
export const MESSAGE_MAX_BYTES = 8 * MIB;

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

/** A model package, zipped weights and all. Larger ones belong behind an inference server. */
export const MODEL_MAX_BYTES = 2048 * MIB;

/** A data set that is pushed. Larger ones belong on a mounted volume, named by path and digest. */
export const DATASET_MAX_BYTES = 2048 * MIB;

/** JetStream's own limit of one message; a ticket is under 200 bytes. */
export const TICKET_MAX_BYTES = 1 * KIB;

/** Sessions that a coordinator holds open, all workers together. */
export const SESSION_MAX_COUNT = 4096;

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
