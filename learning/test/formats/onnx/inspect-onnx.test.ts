/**
 * Weights in files beside an ONNX model, in the main graph and in inner graphs, and refused operations. The files are
 * written here field by field, as onnx.proto defines them.
 */
import { WireType } from '@bufbuild/protobuf/wire';
import { expect, it } from 'vitest';
import { message } from '../../../src/files/protobuf/protobuf-message.js';
import { inspectOnnx, withWeightsInside } from '../../../src/formats/onnx/inspect-onnx.js';

const { LengthDelimited, Varint } = WireType;

function fields(...all: readonly (readonly [number, Uint8Array | string | number])[]): Uint8Array {
  return message((w) => {
    for (const [number, value] of all) {
      if (typeof value === 'number') w.tag(number, Varint).int64(value);
      else if (typeof value === 'string') w.tag(number, LengthDelimited).string(value);
      else w.tag(number, LengthDelimited).bytes(value);
    }
  });
}

/** An external tensor of four bytes of `weights.bin`, from `offset` on. */
function external(name: string, offset: number): Uint8Array {
  const entries = { location: 'weights.bin', offset: `${offset}`, length: '4' };
  const told = Object.entries(entries).map(
    ([key, value]) => [13, fields([1, key], [2, value])] as const,
  );
  return fields([1, 1], [2, 1], [8, name], ...told, [14, 1]);
}

const attribute = (number: number, held: Uint8Array) => fields([1, 'a'], [number, held]);
const node = (...attributes: Uint8Array[]) =>
  fields([4, 'If'], ...attributes.map((own) => [5, own] as const));
const branch = fields([1, node(attribute(5, external('constant', 4)))], [5, external('inner', 8)]);
const graph = fields(
  [1, node(attribute(6, branch))],
  [5, external('outer', 0)],
  [15, fields([1, external('sparse', 12)])],
);
const MODEL = fields([1, 8], [7, graph]);
const WEIGHTS = Uint8Array.from({ length: 16 }, (_, i) => 100 + i);

it('withWeightsInside moves all external weights into the model', () => {
  expect(inspectOnnx(MODEL)).toEqual({ problems: [], externalFiles: new Set(['weights.bin']) });
  const asked: string[] = [];
  const read = (name: string) => {
    asked.push(name);
    return WEIGHTS;
  };
  const whole = withWeightsInside(MODEL, read, 'model');
  expect(asked).toEqual(Array(4).fill('weights.bin'));
  expect(inspectOnnx(whole)).toEqual({ problems: [], externalFiles: new Set() });
  const written = Buffer.from(whole);
  expect(written.includes('weights.bin')).toBe(false);
  for (const [name, from] of Object.entries({ outer: 0, constant: 4, inner: 8, sparse: 12 })) {
    // Field 9 of four bytes comes right behind the name.
    const told = fields([8, name], [9, WEIGHTS.subarray(from, from + 4)]);
    expect(written.includes(Buffer.from(told)), name).toBe(true);
  }
});

it.each([
  ['4', '16'],
  ['-4', '4'],
  ['0', '2147483648'],
  ['1e400', '4'],
  ['0', 'NaN'],
])('withWeightsInside refuses weights from %s on of %s bytes', (offset, length) => {
  const told = Object.entries({ location: 'weights.bin', offset, length });
  const tensor = fields(
    [8, 'W'],
    ...told.map(([key, value]) => [13, fields([1, key], [2, value])] as const),
  );
  const model = fields([7, fields([5, tensor])]);
  expect(() => withWeightsInside(model, () => WEIGHTS, 'model')).toThrow(
    /weight W: lies at bytes .* of weights.bin, which has 16/,
  );
});

it('withWeightsInside computes a missing length from the shape', () => {
  const place = [
    ['location', 'weights.bin'],
    ['offset', '4'],
  ] as const;
  const told = place.map(([key, value]) => [13, fields([1, key], [2, value])] as const);
  const half = fields([1, 3], [2, 10], [8, 'W'], ...told, [14, 1]);
  const whole = withWeightsInside(fields([7, fields([5, half])]), () => WEIGHTS, 'model');
  const kept = fields([1, 3], [2, 10], [8, 'W'], [9, WEIGHTS.subarray(4, 10)]);
  expect(Buffer.from(whole)).toEqual(Buffer.from(fields([7, fields([5, kept])])));
});

it('inspectOnnx refuses operations of other domains, with a hint for those of ONNX Runtime', () => {
  const foreign = (domain: string) => {
    const only = fields([1, fields([4, 'Conv'], [7, domain])]);
    return inspectOnnx(fields([1, 8], [7, only])).problems.map(({ message }) => message);
  };
  const refused = (domain: string) =>
    `has operation ${domain}.Conv, of a set that is not run here; want ai.onnx, ai.onnx.ml, com.microsoft`;
  expect(foreign('com.microsoft')).toEqual([]);
  expect(foreign('mine')).toEqual([refused('mine')]);
  expect(foreign('com.microsoft.nchwc')).toEqual([
    `${refused('com.microsoft.nchwc')}. ONNX Runtime wrote it for one kind of processor: push the file from before, or save it with ORT_ENABLE_EXTENDED`,
  ]);
});
