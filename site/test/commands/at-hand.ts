/** Things that readers of pages have before they begin: their photos, a model, a run that is paused. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mulberry32 } from '@lyceum/learning/arrays';
import sharp from 'sharp';
import { pythonWith } from '../../../platform/test/support.js';

export interface Reader {
  readonly folder: string;
  /** Runs a command that is on no page. */
  readonly run: (command: string) => Promise<void>;
  /** Puts something in the place of a word of the page. */
  readonly put: (word: string, instead: string) => void;
  /** Says that this machine cannot run the page's commands that begin so. */
  readonly lack: (command: string, reason: string) => void;
  /** Work that is done when the page has been followed. */
  readonly afterwards: (work: () => unknown) => void;
}

const SIDE = 64;
const PHOTOS_A_CLASS = 60;
const ROW_COUNT = 200;
const FIXTURES = fileURLToPath(new URL('../../../learning/test/fixtures', import.meta.url));

/** Photos: cats are bright in the upper half, dogs in the lower. */
export async function photos({ folder }: Reader): Promise<void> {
  for (const [label, name] of ['cat', 'dog'].entries()) {
    await mkdir(join(folder, 'photos', name), { recursive: true });
    for (let n = 0; n < PHOTOS_A_CLASS; n++) {
      const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
        const half = i < (SIDE * SIDE * 3) / 2 ? 0 : 1;
        return 128 * mulberry32(n + PHOTOS_A_CLASS * label, i) + (half === label ? 100 : 20);
      });
      const picture = sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } });
      await picture.toFile(join(folder, 'photos', name, `${n}.jpg`));
    }
  }
}

/** The model `resnet.onnx`, which knows the pushed set `pets`. */
export async function onnxModel({ run }: Reader): Promise<void> {
  await run('coordinator init --dataset pets --student lenet --name resnet -f resnet.yaml');
  await run('coordinator submit resnet.yaml --set spec.training.epochs=30 --wait');
  await run('coordinator pull resnet --format onnx --out resnet');
  await run('cp resnet/*.onnx resnet.onnx');
}

/** Models in place of those that PyTorch writes: one model under both names. */
export async function teachers({ run }: Reader): Promise<void> {
  await run('coordinator init --dataset clothes --student mlp --name teacher -f teacher.yaml');
  await run('coordinator submit teacher.yaml --set spec.training.epochs=30 --wait');
  await run('coordinator pull teacher --format onnx --out teacher');
  await run('cp teacher/*.onnx shallow.onnx');
  await run('cp teacher/*.onnx deep.onnx');
}

/** The same model again, without the settings that the page before wrote. */
export async function sameModelAgain({ run }: Reader): Promise<void> {
  await run('rm resnet.settings.json');
}

/** Texts and tables, and models that read them. */
export async function tables({ folder }: Reader): Promise<void> {
  const rows = Array.from({ length: ROW_COUNT }, (_, n) => n);
  const write = (name: string, lines: readonly string[]) =>
    writeFile(join(folder, name), `${lines.join('\n')}\n`);
  const review = (n: number) =>
    n % 2 === 0
      ? { review: `a fine film, ${n}`, stars: 'positive' }
      : { review: `an awful film, ${n}`, stars: 'negative' };
  await write(
    'reviews.jsonl',
    rows.map((n) => JSON.stringify(review(n))),
  );
  const person = (n: number) => `${20 + (n % 50)},${n % 9}`;
  const income = (n: number) => `${n},${n % 50 < 25 ? 'low' : 'high'}`;
  await write('adult.csv', ['age,zip,id,income', ...rows.map((n) => `${person(n)},${income(n)}`)]);
  await write('people.csv', ['age,zip', person(1), person(2)]);
  await cp(join(FIXTURES, 'onnx-text'), join(folder, 'bert'), { recursive: true });
  await cp(join(FIXTURES, 'onnx-table', 'adult-forest.onnx'), join(folder, 'forest.onnx'));
  await cp(join(FIXTURES, 'onnx-table', 'adult-tree.onnx'), join(folder, 'boost.onnx'));
  await write('kinds.txt', ['zip=category', 'id=ignore']);
  await write('spectra.csv', ['a,b,label', ...rows.map((n) => `${n % 5},${n % 3},${n % 2}`)]);
}

/** NumPy for Python: the machine's, or fetched by pip into the cache. */
export async function numpy({ run, lack }: Reader): Promise<void> {
  const python = await pythonWith('numpy', ['numpy>=1.24,<3'], 'numpy');
  if (python.lack === undefined) await run(`export PYTHONPATH=${python.packages}`);
  else lack('python3 examples/recompute.py', python.lack);
}

/** A run `digits` with a teacher, on rows of a table, for its targets. */
export async function runDigits({ folder, run }: Reader): Promise<void> {
  const rows = Array.from({ length: ROW_COUNT }, (_, n) => `${n % 2},${n % 7},${n % 2}`);
  await writeFile(join(folder, 'rows.csv'), `a,b,label\n${rows.join('\n')}\n`);
  await run('coordinator datasets push rows rows.csv --raw');
  await run('coordinator init --dataset rows --name teacher -f rows-teacher.yaml');
  await run('coordinator submit rows-teacher.yaml --set spec.training.epochs=30 --wait');
  await run('coordinator init --dataset rows --teacher run:teacher --name digits -f rows.yaml');
  await run('coordinator submit rows.yaml --wait');
}

/** A paused run `stuck`, whose one teacher refuses every call. */
export async function pausedRun({ folder, run }: Reader): Promise<void> {
  const box = await refusing();
  const { port } = box.address() as AddressInfo;
  const description = {
    url: `http://127.0.0.1:${port}/`,
    request: { pictures: '$inputs' },
    answer: '/*',
    input: 'values',
    classes: { zero: '0', one: '1' },
    attempts: 1,
  };
  await writeFile(join(folder, 'box.yaml'), JSON.stringify(description));
  const specification = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: 'stuck' },
    spec: {
      dataset: 'digits',
      teachers: [{ name: 'box', model: 'box', access: 'black' }],
      student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
      objective: [{ term: 'vote', weight: 1 }],
      training: { optimizer: 'adam', learningRate: 0.01, epochs: 1 },
    },
  };
  await writeFile(join(folder, 'stuck.yaml'), JSON.stringify(specification));
  await run('coordinator models push box box.yaml');
  await run('coordinator submit stuck.yaml');
  await run('coordinator wait stuck --for PAUSED --timeout 120');
}

/** A server that refuses every call. It does not keep the tests from ending. */
async function refusing(): Promise<Server> {
  const server = createServer((_, response) => response.writeHead(401).end()).unref();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
