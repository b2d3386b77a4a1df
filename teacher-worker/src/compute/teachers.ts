/** A thread's teachers and data sets, and what each call does to them. */
import { readFileSync } from 'node:fs';
import {
  type Dataset,
  parseStoredDataset,
  type StoredDataset,
  seenDataset,
  withHeld,
} from '@lyceum/learning/datasets';
import {
  describePackagedModel,
  formatNamed,
  type PackagedModel,
  parsePackagedModel,
} from '@lyceum/learning/formats';
import { parseSettingsJson } from '@lyceum/learning/models';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { sleep } from '@lyceum/platform';
import { moved } from '@lyceum/platform/threads';
import { LyceumError } from '@lyceum/proto';
import { answerCall, type EndedCalls, loadCall, type NotedCall } from './ended-calls.js';
import {
  type OpenTeacher,
  OutsideFailure,
  type ServiceUse,
  type TeacherDescription,
  type TeacherEngine,
  type TeacherPlacement,
  usedTogether,
} from './engine/index.js';
import { LookupDevice } from './lookup-device.js';
import { type LookupTables, LookupTeacher } from './lookup-teacher.js';
import { INFERENCE_ROWS, requireFinite, requireRowIndependence } from './rows/index.js';
import type {
  Answer,
  AnswerRequest,
  ComputeSettings,
  DatasetFile,
  InferRequest,
  LoadRequest,
  TeacherCalls,
  TeacherNews,
} from './teacher-calls.js';
import { ticketSamples } from './ticket-span.js';

interface LoadedTeacher {
  readonly engine: TeacherEngine;
  /** The part of a set that the teacher sees. */
  readonly seen: (stored: StoredDataset) => Dataset;
}

/** A set with the samples that are asked first: at most as many as one inference takes. */
interface FirstSamples {
  readonly dataset: Dataset;
  readonly samples: Uint32Array;
}

export class Teachers {
  readonly #openTeacher: OpenTeacher;
  readonly #settings: ComputeSettings;
  readonly #news: Partial<TeacherNews>;
  readonly #ended: EndedCalls | undefined;
  readonly #teachers = new Map<string, LoadedTeacher>();
  /** Service use not reported yet, by teacher, also unloaded ones: reported with the next answered ticket. */
  readonly #owed = new Map<string, ServiceUse>();
  readonly #datasets = new Map<string, StoredDataset>();
  readonly #lookupTables: LookupTables = new Map();
  readonly #lookupDevice = new LookupDevice(
    () => performance.now(),
    (ms) => sleep(ms),
  );

  /** @param ended - absent: no call can end the process. */
  constructor(
    openTeacher: OpenTeacher,
    settings: ComputeSettings,
    news: Partial<TeacherNews>,
    ended?: EndedCalls,
  ) {
    this.#openTeacher = openTeacher;
    this.#settings = settings;
    this.#news = news;
    this.#ended = ended;
  }

  /**
   * The calls that a thread offers.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if the call can never succeed, another code if it may, later or elsewhere.
   */
  readonly calls: TeacherCalls = {
    load: (request) => this.#noted(loadCall(request.identity), () => this.#load(request)),
    prepare: ({ identity, datasets }) => this.#prepare(this.#teacher(identity), datasets),
    answer: (request) => this.#noted(answerCall(request), () => this.#answer(request)),
    forget: async (identity) => this.#teacher(identity).engine.forget?.(),
    infer: (request) => this.#infer(request),
    unload: (identity) => this.#unload(identity),
    keepDatasets: async (digests) => {
      for (const digest of this.#datasets.keys()) {
        if (!digests.includes(digest)) this.#datasets.delete(digest);
      }
    },
  };

  #noted<T>(call: NotedCall, carryOut: () => Promise<T>): Promise<T> {
    return this.#ended === undefined ? carryOut() : this.#ended.noted(call, carryOut);
  }

  async #load(request: LoadRequest): Promise<TeacherDescription> {
    const { identity, modelFile, settingsJson, datasets, budgetBytes } = request;
    const packaged = parsePackagedModel(readFileSync(modelFile));
    const { weightBytes } = describePackagedModel(packaged);
    if (weightBytes > budgetBytes) {
      throw new LyceumError(
        'RESOURCE_EXHAUSTED',
        `its weights need ${weightBytes} bytes, and ${budgetBytes} are left of the memory budget`,
      );
    }
    if (datasets.length === 0) {
      throw new LyceumError(
        'FAILED_PRECONDITION',
        'no data set is named that it will be asked about',
      );
    }
    const seen = seenBy(packaged, settingsJson);
    const sets = datasets.map((file) => this.#firstOf(seen, file));
    const { engine, placement } = await this.#open(identity, packaged, settingsJson, sets);
    const teacher = { engine, seen };
    try {
      await this.#prepare(teacher, datasets);
    } catch (err) {
      await engine.close();
      throw err;
    }
    this.#teachers.set(identity, teacher);
    // From the package: the run's settings leave out classes that are in the set's own order.
    const { classes: classNames } = packaged.model.settings;
    const { warning: _, ...placed } = placement;
    return { ...engine.describe(), ...placed, ...(classNames !== undefined && { classNames }) };
  }

  async #unload(identity: string): Promise<void> {
    const teacher = this.#teachers.get(identity);
    this.#teachers.delete(identity);
    this.#ended?.unloaded(identity);
    await teacher?.engine.close();
  }

  async #open(
    identity: string,
    packaged: PackagedModel,
    settingsJson: string,
    sets: readonly FirstSamples[],
  ): Promise<{ engine: TeacherEngine; placement: TeacherPlacement }> {
    let placement: TeacherPlacement = {};
    const teacher = await this.#openTeacher({
      packaged,
      settings: parseSettingsJson(settingsJson),
      dataset: (sets[0] as FirstSamples).dataset,
      untraced: (reason) => this.#news.untraced?.(identity, reason),
      placed: (where) => {
        placement = where;
      },
    });
    const { warning, bitsMayDiffer, answerNoise } = placement;
    if (warning !== undefined) this.#news.onProcessor?.(identity, warning);
    if (teacher.computesNothing === true) return { engine: teacher, placement };
    const movesBy = bitsMayDiffer === true ? answerNoise : undefined;
    try {
      for (const { dataset, samples } of sets) {
        const check = () => requireRowIndependence(teacher, dataset, samples, movesBy);
        if (await isTaken(check)) break;
      }
    } catch (err) {
      await teacher.close();
      throw err;
    }
    if (this.#settings.lookupDelayMs === undefined) return { engine: teacher, placement };
    const delayMs = () => lookupDelay(this.#settings, identity);
    const lookups = [this.#lookupTables, this.#lookupDevice] as const;
    return { engine: new LookupTeacher(teacher, identity, delayMs, ...lookups), placement };
  }

  /**
   * Asks about each set once. The first inference of a shape is slow: it allocates, compiles and is traced. No ticket
   * should wait for that.
   */
  async #prepare({ engine, seen }: LoadedTeacher, datasets: readonly DatasetFile[]): Promise<void> {
    for (const file of datasets) {
      const { dataset, samples } = this.#firstOf(seen, file);
      if (engine.computesNothing === true) continue;
      const request = { dataset, samples, view: IDENTITY_VIEW, outputs: ['logits'] } as const;
      await isTaken(() => engine.answer(request));
    }
  }

  async #answer(request: AnswerRequest): Promise<Answer> {
    const { identity } = request;
    const { engine, seen } = this.#teacher(identity);
    const dataset = this.#seenSet(seen, request.dataset);
    const samples = ticketSamples(dataset, request.span);
    const start = performance.now();
    const { view, outputs, isProbe } = request;
    if (isProbe) await engine.check?.();
    const asked = { dataset, samples, view, outputs, isProbe };
    const tensors = await engine.answer(asked).finally(() => {
      const used = engine.used?.();
      // Calls for canaries are counted elsewhere, against a budget of their own.
      if (!isProbe && used !== undefined) {
        const owed = this.#owed.get(identity);
        this.#owed.set(identity, owed === undefined ? used : usedTogether(owed, used));
      }
    });
    const inferenceSeconds = (performance.now() - start) / 1000;
    for (const tensor of tensors) requireFinite(tensor, samples);
    const calls = isProbe ? undefined : this.#owed.get(identity);
    if (!isProbe) this.#owed.delete(identity);
    return moved(
      { tensors, inferenceSeconds, ...(calls !== undefined && { calls }) },
      tensors.map(({ values }) => values.buffer),
    );
  }

  async #infer({ identity, inputs, rowCount }: InferRequest): Promise<Float32Array<ArrayBuffer>> {
    const { engine } = this.#teacher(identity);
    if (engine.infer === undefined) {
      throw new LyceumError('FAILED_PRECONDITION', `teacher ${identity} is not run here`);
    }
    const logits = await engine.infer(inputs, rowCount);
    return moved(logits, [logits.buffer]);
  }

  #teacher(identity: string): LoadedTeacher {
    const teacher = this.#teachers.get(identity);
    if (teacher === undefined) {
      throw new LyceumError('NOT_FOUND', `teacher ${identity} is not loaded on this worker`);
    }
    return teacher;
  }

  #firstOf(seen: LoadedTeacher['seen'], file: DatasetFile): FirstSamples {
    const dataset = this.#seenSet(seen, file);
    return { dataset, samples: file.held?.samples ?? firstSamples(dataset) };
  }

  #seenSet(seen: LoadedTeacher['seen'], file: DatasetFile): Dataset {
    const whole = seen(this.#dataset(file));
    const { held } = file;
    return held === undefined ? whole : withHeld(whole, held.samples, held.inputs);
  }

  #dataset({ digest, file }: DatasetFile): StoredDataset {
    let dataset = this.#datasets.get(digest);
    if (dataset === undefined) {
      dataset = parseStoredDataset(readFileSync(file), digest);
      this.#datasets.set(digest, dataset);
    }
    return dataset;
  }
}

/** How a teacher sees a set. Answers that are written down depend on no modality, so the first one is taken. */
function seenBy({ format }: PackagedModel, settingsJson: string): LoadedTeacher['seen'] {
  const { modality } = parseSettingsJson(settingsJson);
  if (formatNamed(format).isWrittenDown !== true) return (stored) => seenDataset(stored, modality);
  return (stored) => seenDataset(stored, [...stored.modalities.keys()][0]);
}

/**
 * Asks, and tells whether the teacher's server takes the question. If not, tickets of that set will fail with the
 * reason, and tickets of other sets go on.
 */
async function isTaken(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (err) {
    if (err instanceof OutsideFailure) return false;
    throw err;
  }
}

function firstSamples({ sampleCount }: Dataset): Uint32Array {
  const length = Math.min(INFERENCE_ROWS, sampleCount);
  return Uint32Array.from({ length }, (_, sample) => sample);
}

/**
 * The wait of a teacher's inferences.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if the file of delays has no such number.
 */
function lookupDelay({ lookupDelayMs = 0, lookupDelayFile }: ComputeSettings, identity: string) {
  if (lookupDelayFile === undefined) return lookupDelayMs;
  const delays: unknown = JSON.parse(readFileSync(lookupDelayFile, 'utf8'));
  const own = (delays as Readonly<Record<string, unknown>>)[identity] ?? lookupDelayMs;
  if (typeof own === 'number' && own >= 0) return own;
  const message = `${lookupDelayFile}: want milliseconds for ${identity}, got ${own}`;
  throw new LyceumError('FAILED_PRECONDITION', message);
}
