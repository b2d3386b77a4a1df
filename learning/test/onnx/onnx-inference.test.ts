/**
 * Files that the `onnx` package wrote (fixtures/onnx/make.py), run by the real runtime. Expected: matrix products in
 * plain arithmetic on weights read from the bytes of the file, and the same network in another form.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeFloat16, encodeFloat16 } from '../../src/codecs/numbers/float16.js';
import { readOnnx } from '../../src/formats/onnx/onnx-file.js';
import {
  classifierOf,
  encodeOnnxPackage,
  type OnnxPackage,
  onnxPackageOf,
} from '../../src/formats/onnx/onnx-package.js';
import { readOnnxModel } from '../../src/formats/onnx/read-onnx-file.js';
import {
  describePackagedModel,
  type PackagedModel,
  parsePackagedModel,
} from '../../src/formats/packaged-model.js';
import { OnnxInference } from '../../src/onnx/onnx-inference.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/onnx/${name}`, import.meta.url));
const model = (name: string, settings: object = {}) =>
  readOnnxModel(fixture(`${name}.onnx`), settings);

const inputs = (rowCount: number, size = 36) =>
  Float32Array.from({ length: rowCount * size }, (_, i) => ((i * i * 31 + i * 7) % 251) / 251);

async function run(name: string, rowCount: number, sampleShape: number[], rows = 16) {
  const opened = await OnnxInference.open(model(name), { rows, threads: 1, sampleShape });
  const logits = await opened.run(inputs(rowCount), rowCount);
  await opened.close();
  return { logits, rows: opened.rows, classCount: opened.classCount };
}

/** x·W + b in float64, with the weights in the order of the file: W [36, 5], then b. */
function product(x: Float32Array, weights: ArrayLike<number>): number[] {
  const rowCount = x.length / 36;
  return Array.from({ length: rowCount * 5 }, (_, at) => {
    const [row, c] = [Math.floor(at / 5), at % 5];
    let sum = weights[180 + c] as number;
    for (let i = 0; i < 36; i++) {
      sum += (x[row * 36 + i] as number) * (weights[i * 5 + c] as number);
    }
    return sum;
  });
}

/** The values of W and b, found by the tag of raw_data (9) and its length. */
function rawTensors(name: string, width: number): number[] {
  const bytes = readFileSync(fixture(`${name}.onnx`));
  const tensor = (elements: number) => {
    const length = elements * width;
    const varint = length < 128 ? [length] : [(length & 127) | 128, length >> 7];
    const at = bytes.indexOf(Buffer.from([0x4a, ...varint]));
    const start = at + 1 + varint.length;
    return Array.from({ length: elements }, (_, i) =>
      width === 4
        ? bytes.readFloatLE(start + 4 * i)
        : decodeFloat16(bytes.readUInt16LE(start + 2 * i)),
    );
  };
  return [...tensor(180), ...tensor(5)];
}

function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) {
    expect(Math.abs((got[i] as number) - (want[i] as number))).toBeLessThan(tolerance);
  }
}

describe('a scikit-learn classifier that ends in a ZipMap', () => {
  const probabilities = async (own: OnnxPackage, sampleShape: number[]) => {
    const options = { rows: 16, threads: 1, sampleShape };
    const opened = await OnnxInference.open(parsedAgain(own), options);
    const answers = await opened.run(inputs(40, sampleShape[0]), 40);
    await opened.close();
    return answers;
  };
  const parsedAgain = (own: OnnxPackage) =>
    parsePackagedModel(encodeOnnxPackage(own)).model as OnnxPackage;

  it.each([
    ['forest-zipmap', 'forest-strings'],
    ['perceptron-zipmap', 'perceptron-strings'],
    ['linear-zipmap', 'linear-ints'],
    ['vote-zipmap', 'vote-strings'],
    ['stack-zipmap', 'stack-strings'],
    // Doubles as inputs and between operations: no runtime takes the first file unchanged.
    ['doubles-zipmap', 'doubles-strings'],
  ])('%s gives the same answers as %s, exported without a ZipMap', async (mapped, plain) => {
    const own = model(`sklearn-${mapped}`);
    const other = model(`sklearn-${plain}`, { output: 'probabilities' });
    expect(own.settings.output).toBe('probabilities');
    expect(own.settings.classes).toEqual(other.settings.classes);
    expect(own.settings.classes).toHaveLength(11);
    expect(describePackagedModel({ format: 'onnx', model: own }).classCount).toBe(11);
    const answers = await probabilities(own, [4]);
    expect(answers).toEqual(await probabilities(other, [4]));
    expect(new Set(answers).size).toBeGreaterThan(10);
  });

  it('takes its class names from the ZipMap where nothing else names them', async () => {
    const own = model('named-by-map');
    expect(own.settings).toEqual({
      output: 'probabilities',
      classes: ['elm', 'ash', 'fir', 'oak', 'bay'],
    });
    const described = describePackagedModel({ format: 'onnx', model: own });
    // The tensor is an output already.
    expect(described).toMatchObject({ outputs: ['shares float32 [?, 5]'] });
    expect(await probabilities(own, [36])).toHaveLength(200);
  });
});

describe('OnnxInference', () => {
  it('gives the same logits for a file of batch 1, row by row, as for open batch sizes', async () => {
    const single = await run('fixed-batch', 20, [1, 6, 6]);
    const batched = await run('external', 20, [1, 6, 6]);
    expect([single.rows, batched.rows]).toEqual([1, 16]);
    expect([single.classCount, batched.classCount]).toEqual([5, 5]);
    expectClose(single.logits, batched.logits, 1e-4);
    expect(Math.max(...single.logits) - Math.min(...single.logits)).toBeGreaterThan(1);
  });

  it('reads and gives half floats', async () => {
    const { logits } = await run('half', 3, [36]);
    const rounded = inputs(3).map((value) => decodeFloat16(encodeFloat16(value)));
    // Half floats have 11 bits.
    expectClose(logits, product(rounded, rawTensors('half', 2)), 0.03);
  });

  it('gives a row the same bits at its place for any other rows in the batch', async () => {
    const options = { rows: 16, threads: 1, sampleShape: [36] };
    for (const name of ['two-heads', 'dynamic-range']) {
      const opened = await OnnxInference.open(model(name, { outputName: nameOf(name) }), options);
      const all = await opened.run(inputs(16), 16);
      const few = await opened.run(inputs(5), 5);
      await opened.close();
      expect(few).toEqual(all.slice(0, 25));
    }
  });

  it('runs a dynamically quantised file row by row', async () => {
    const { rows, logits } = await run('dynamic-range', 3, [36]);
    expect(rows).toBe(1);
    // Eight bits for inputs from 0 to 1, times 36 weights of about 1.
    expectClose(logits, product(inputs(3), rawTensors('dynamic-range', 4)), 0.1);
  });

  it('runs the named output, and gives the logarithms of probabilities', async () => {
    const options = { rows: 4, threads: 1, sampleShape: [36] };
    const logits = await OnnxInference.open(model('two-heads', { outputName: 'logits' }), options);
    const shares = await OnnxInference.open(
      model('two-heads', { outputName: 'probabilities' }),
      options,
    );
    const [raw, logs] = [await logits.run(inputs(1), 1), await shares.run(inputs(1), 1)];
    await Promise.all([logits.close(), shares.close()]);
    expectClose(raw, product(inputs(1), rawTensors('two-heads', 4)), 1e-4);
    const sum = logs.reduce((total, log) => total + Math.exp(log), 0);
    expect(sum).toBeCloseTo(1, 5);
    const offset = (raw[0] as number) - (logs[0] as number);
    expectClose(
      logs.map((log) => log + offset),
      raw,
      1e-3,
    );
  });

  it('refuses samples of another shape, and names the shape of the model', async () => {
    const options = { rows: 4, threads: 1, sampleShape: [7, 7, 1] };
    await expect(OnnxInference.open(model('fixed-batch'), options)).rejects.toThrow(
      'takes samples of shape [1,6,6]; it is given [7,7,1]',
    );
    // Open sizes, in a network that accepts only one size.
    const open = { rows: 4, threads: 1, sampleShape: [1, 7, 7] };
    await expect(OnnxInference.open(model('external'), open)).rejects.toThrow(
      /the ONNX runtime refuses the model: .*Gemm/s,
    );
  });
});

describe('OnnxInference on a GPU that cannot be used', () => {
  it('refuses to open the model instead of using the CPU', async () => {
    const options = { rows: 4, threads: 1, sampleShape: [6, 6, 1], device: 'cuda' } as const;
    await expect(OnnxInference.open(model('fixed-batch'), options)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringMatching(
        /^ONNX Runtime('s CUDA provider is not| cannot compute on the)/,
      ),
    });
  });
});

describe('an ONNX package', () => {
  it('is described with inputs, outputs, classes and weights', () => {
    const packaged: PackagedModel = { format: 'onnx', model: model('fixed-batch') };
    expect(describePackagedModel(packaged)).toEqual({
      format: 'onnx',
      inputShape: [6, 6, 1],
      classCount: 5,
      parameterCount: 36 + 4 + 720 + 5,
      weightBytes: 4 * 765,
      output: 'logits',
      inputs: ['pixels float32 [1, 1, 6, 6]'],
      outputs: ['scores float32 [1, 5]'],
      settings: { output: 'logits', layout: 'NCHW' },
    });
    expect(classifierOf(model('external')).inputShape).toBeUndefined();
  });

  it('contains the weights of external files', () => {
    expect([...readOnnx(readFileSync(fixture('external.onnx')), 'x').externalFiles]).toEqual([
      'external.onnx.data',
    ]);
    const { file } = model('external');
    expect(readOnnx(file, 'x').externalFiles.size).toBe(0);
    expect(readOnnx(file, 'x').parameterCount).toBe(765);
    expect(() => readOnnxModel(fixture('missing.onnx'), {})).toThrow('no such file');
  });

  it('is the same byte for byte when it is packed again', () => {
    const bytes = encodeOnnxPackage(model('half'));
    const again = parsePackagedModel(bytes);
    expect(again.format).toBe('onnx');
    expect(again.model.settings).toEqual({ output: 'logits' });
    expect(encodeOnnxPackage(model('half'))).toEqual(bytes);
  });

  it.each([
    ['zipmap', {}, /whether scores, which LinearClassifier gives, is logits or probabilities/],
    // Another operation reads the ZipMap.
    ['mapped', {}, /ends in ZipMap.*'zipmap': False.*maps \(no tensor\), length int64/],
    ['sklearn-linear-columns', {}, /an output for each class.*'zipmap': False.*i10 float32/],
    ['two-heads', {}, /several outputs.*outputName.*logits float32 \[\?, 5\], probabilities/],
    ['two-heads', { outputName: 'none' }, /has no output none/],
  ])('is refused with the problem of %s', (name, settings, message) => {
    expect(() => model(name, settings)).toThrow(message);
  });

  it('is refused for other bytes, an empty file and a truncated file', () => {
    expect(() => onnxPackageOf(Buffer.from('hello world'), {})).toThrow(/is no ONNX file/);
    expect(() => onnxPackageOf(new Uint8Array(), {})).toThrow(/is empty/);
    const cut = readFileSync(fixture('half.onnx')).subarray(0, 300);
    expect(() => onnxPackageOf(cut, {})).toThrow(/is no ONNX file/);
  });
});

function nameOf(name: string): string | undefined {
  return name === 'two-heads' ? 'logits' : undefined;
}
