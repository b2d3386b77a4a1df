/** Reads event files by the description of the format. It shares no code with the writer. */

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  readonly sessionStatus?: number;
  readonly values?: readonly (readonly [string, number])[];
}

/** @throws {Error} if a record is truncated or a checksum is wrong. */
export function readEvents(file: Uint8Array): ReadEvent[] {
  const bytes = Buffer.from(file);
  const events: ReadEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    checkSum(bytes.subarray(at, at + 8), bytes.readUInt32LE(at + 8));
    const data = bytes.subarray(at + 12, at + 12 + length);
    checkSum(data, bytes.readUInt32LE(at + 12 + length));
    events.push(readEvent(data));
    at += length + 16;
  }
  return events;
}

function checkSum(bytes: Uint8Array, stored: number): void {
  // Undoes the mask of the checksum.
  const turned = (stored - 0xa282ead8) >>> 0;
  const sum = ((turned << 15) | (turned >>> 17)) >>> 0;
  if (sum !== bitwiseCrc(bytes)) throw new Error('a sum is wrong');
}

/** CRC-32C bit by bit, without a table, with the polynomial in its usual notation: x³² + x²⁸ + … + 1 = 0x1EDC6F41. */
function bitwiseCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const top = (crc >>> 31) ^ ((byte >>> bit) & 1);
      crc = ((crc << 1) ^ (top ? 0x1edc6f41 : 0)) >>> 0;
    }
  }
  let reflected = 0;
  for (let bit = 0; bit < 32; bit++) reflected |= ((crc >>> bit) & 1) << (31 - bit);
  return ~reflected >>> 0;
}

function readEvent(data: Buffer): ReadEvent {
  let event: ReadEvent = { wallTime: Number.NaN, step: 0 };
  for (const [number, value] of fields(data)) {
    if (number === 1) event = { ...event, wallTime: (value as Buffer).readDoubleLE() };
    else if (number === 2) event = { ...event, step: Number(value) };
    else if (number === 3) event = { ...event, fileVersion: String(value) };
    else if (number === 7) {
      event = { ...event, sessionStatus: Number(fields(value as Buffer)[0]?.[1]) };
    } else if (number === 5) {
      const values = fields(value as Buffer).map(([, part]) => readValue(part as Buffer));
      event = values.length === 0 ? event : { ...event, values };
    } else throw new Error(`field ${number} is none of an event`);
  }
  return event;
}

function readValue(data: Buffer): readonly [string, number] {
  const parts = new Map(fields(data));
  return [String(parts.get(1)), (parts.get(2) as Buffer).readFloatLE()];
}

/** Field numbers and contents: a bigint for varints, bytes for all others. */
function fields(data: Buffer): [number, bigint | Buffer][] {
  const found: [number, bigint | Buffer][] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > data.length) throw new Error('a field is torn');
    at += length;
    return data.subarray(at - length, at);
  };
  while (at < data.length) {
    const key = Number(varint());
    const wireType = key & 7;
    if (wireType === 0) found.push([key >> 3, varint()]);
    else if (wireType === 1) found.push([key >> 3, take(8)]);
    else if (wireType === 5) found.push([key >> 3, take(4)]);
    else if (wireType === 2) found.push([key >> 3, take(Number(varint()))]);
    else throw new Error(`wire type ${wireType} is none`);
  }
  return found;
}
