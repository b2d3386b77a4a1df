/** The other side of `pytorch`: finds a Python with PyTorch, and runs `bench/pytorch/distil.py` in it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseDataset } from '@lyceum/learning/datasets';
import { exportSafetensors } from '@lyceum/learning/export';
import { parseModelPackage } from '@lyceum/learning/formats';
import type { DistillationSpecification } from '@lyceum/learning/specification';
import { LyceumError } from '@lyceum/proto';
import {
  COMPUTE_THREADS,
  cacheFolder,
  MODELS,
  NotHereError,
  TEACHERS,
} from '../measuring/index.js';

const SCRIPT = fileURLToPath(new URL('../../pytorch/distil.py', import.meta.url));
const run = promisify(execFile);

/** Figures that the script prints. */
export interface PytorchFigures {
  readonly samplesPerSecond: number;
  readonly stepCount: number;
  readonly cpuMsPerBatch: number;
  /** Accuracy on the test split, of the selected weights. */
  readonly accuracy: number;
  readonly teacherAccuracies: readonly number[];
  /** Seconds in which the teachers' targets were computed, once, before the first step. */
  readonly targetSeconds: number;
  /** Number of threads with which the student's step is fastest. */
  readonly threads: number;
  readonly memoryFormat: string;
}

/** The virtual environment whose Python is used by default. */
function environmentFolder(): string {
  return join(cacheFolder(), 'python', 'torch');
}

export function defaultPython(): string {
  return join(environmentFolder(), 'bin', 'python');
}

/**
 * @param bench - the bench that needs PyTorch.
 * @param other - the package that the bench needs besides torch.
 * @returns the version of PyTorch.
 * @throws {NotHereError} if the program does not exist, or has no PyTorch.
 */
export async function pytorchVersion(
  python: string,
  bench: string,
  other: 'numpy' | 'torchvision',
  signal: AbortSignal,
): Promise<string> {
  try {
    const program = `import ${other}, torch; print(torch.__version__)`;
    return (await run(python, ['-c', program], { signal })).stdout.trim();
  } catch (thrown) {
    signal.throwIfAborted();
    const { stderr, message } = thrown as Error & { readonly stderr?: string };
    const reason = stderr?.trim().split('\n').at(-1) || message;
    const folder = environmentFolder();
    throw new NotHereError(
      `${bench} needs a Python with torch and ${other}, but ${python} cannot import them: ${reason}\n` +
        'Name another with --python PATH, or make one that is found without this option:\n' +
        `  python3 -m venv ${folder} && ${folder}/bin/pip install torch ${other}`,
    );
  }
}

/** Files for PyTorch's side, with the data set and teachers; {@link PytorchFiles.remove} removes them. */
export class PytorchFiles {
  readonly #folder: string;
  readonly #job: Readonly<Record<string, unknown>>;

  private constructor(folder: string, job: Readonly<Record<string, unknown>>) {
    this.#folder = folder;
    this.#job = job;
  }

  /** @param models - packages, in the order of {@link TEACHERS}. */
  static async write(dataset: Buffer, models: readonly Buffer[]): Promise<PytorchFiles> {
    const folder = await mkdtemp(join(tmpdir(), 'lyceum-pytorch-'));
    const datasetFile = join(folder, 'dataset.npz');
    await writeFile(datasetFile, dataset);
    const teachers = [];
    for (const [index, bytes] of models.entries()) {
      const name = TEACHERS[index] as (typeof TEACHERS)[number];
      const weights = join(folder, `${name}.safetensors`);
      await writeFile(weights, exportSafetensors(parseModelPackage(bytes), {}));
      teachers.push({ model: MODELS[name], weights });
    }
    const { inputScale } = parseDataset(dataset);
    const job = { dataset: datasetFile, inputScale, teachers, mostThreads: COMPUTE_THREADS };
    return new PytorchFiles(folder, job);
  }

  /** @throws {LyceumError} INTERNAL with the script's output, if the script fails. */
  async distil(
    python: string,
    { spec }: DistillationSpecification,
    signal: AbortSignal,
  ): Promise<PytorchFigures> {
    const job = join(this.#folder, 'job.json');
    await writeFile(job, JSON.stringify({ ...this.#job, run: spec }));
    try {
      const { stdout } = await run(python, [SCRIPT, job], { signal });
      return JSON.parse(stdout) as PytorchFigures;
    } catch (thrown) {
      signal.throwIfAborted();
      const { stderr = '', message } = thrown as Error & { readonly stderr?: string };
      throw new LyceumError('INTERNAL', `the PyTorch side failed: ${stderr.trim() || message}`);
    }
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
