/**
 * TensorBoard's event files: TFRecords, each an `Event` as protobuf.
 *
 * tensorflow/core/util/event.proto, core/framework/summary.proto; the numbers of the few fields that are written stand
 * below.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { tfRecord } from '../files/index.js';

/** Field numbers in Event. */
const WALL_TIME = 1;
const STEP = 2;
const FILE_VERSION = 3;
const SUMMARY = 5;
const SESSION_LOG = 7;
/** Field numbers in Summary, and in its Value. */
const VALUE = 1;
const TAG = 1;
const SIMPLE_VALUE = 2;
/** Field number in SessionLog, and its status START. */
const STATUS = 1;
const START = 1;

/** The figures of one step. */
export interface Scalars {
  readonly step: number;
  /** Seconds since 1970. */
  readonly wallSeconds: number;
  /** By tag, `student/loss`. TensorBoard keeps them as float32. */
  readonly values: readonly (readonly [tag: string, value: number])[];
}

/**
 * The beginning of a file: its version, and a mark that older files' values of this step and later ones are void,
 * since a run that is resumed takes these steps again.
 */
export function startRecords(wallSeconds: number, firstStep: number): Uint8Array {
  const version = event(wallSeconds, 0);
  version.tag(FILE_VERSION, WireType.LengthDelimited).string('brain.Event:2');
  const start = event(wallSeconds, firstStep);
  start.tag(SESSION_LOG, WireType.LengthDelimited).fork();
  start.tag(STATUS, WireType.Varint).int32(START).join();
  return Buffer.concat([tfRecord(version.finish()), tfRecord(start.finish())]);
}

export function scalarsRecord({ step, wallSeconds, values }: Scalars): Uint8Array {
  const writer = event(wallSeconds, step);
  writer.tag(SUMMARY, WireType.LengthDelimited).fork();
  for (const [tag, value] of values) {
    writer.tag(VALUE, WireType.LengthDelimited).fork();
    writer.tag(TAG, WireType.LengthDelimited).string(tag);
    writer.tag(SIMPLE_VALUE, WireType.Bit32).float(Math.fround(value)).join();
  }
  writer.join();
  return tfRecord(writer.finish());
}

function event(wallSeconds: number, step: number): BinaryWriter {
  const writer = new BinaryWriter();
  writer.tag(WALL_TIME, WireType.Bit64).double(wallSeconds);
  return writer.tag(STEP, WireType.Varint).int64(step);
}
