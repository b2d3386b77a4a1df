/**
 * Lessons of `explain`: what is kept of answers by a document's rules, and a student that is taught with it, each by the
 * command that a person would use.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runStateName } from '@lyceum/cli/client';
import type { Imitation } from '@lyceum/learning/specification';
import { LyceumError, RunState } from '@lyceum/proto';
import { type ExampleContext, finishSweep } from '../example.js';
import type { LabelledText } from './imitation-data.js';

/** The teacher that explains. */
export const CHAT = 'smollm2';

/** A line of answers.jsonl, as far as this example looks at it. */
export interface AnswerLine {
  readonly teacher: string;
  readonly id: string;
  readonly answer: number;
  readonly text: string;
  readonly class: string | null;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
}

/** A line of kept.jsonl, likewise. */
export interface KeptLine {
  readonly id: string;
  readonly text: string;
  readonly label: string;
  readonly split: 'train' | 'test';
  readonly answers: Readonly<Record<string, string | null>>;
  readonly consensus?: string;
}

export interface Lesson {
  /** Of its document, its data set and its run. */
  readonly name: string;
  readonly document: Imitation;
}

export interface TaughtLesson extends Lesson {
  readonly kept: readonly KeptLine[];
}

/** The command's summary, as far as this example looks at it. */
export interface Checked {
  readonly kept: readonly KeptLine[];
  readonly summary: {
    /** Texts that each rule would drop, and that no other rule does. */
    readonly rules: readonly {
      readonly name: string;
      readonly drops: number;
      readonly only: number;
    }[];
    readonly teachers: readonly {
      readonly name: string;
      readonly named: number;
      readonly abstained: number;
      readonly cutOff: number;
      readonly selfConsistency: number | null;
      /** Of all texts, those that it is silent on included. */
      readonly accuracyOfAll: number | null;
      readonly estimatedAccuracy: number | null;
    }[];
  };
}

/** What `imitation train` says of explanations, likewise. Shares of the test. */
export interface ExplanationsWorth {
  readonly seeds: readonly {
    readonly student: { readonly accuracy: number };
    readonly plain: { readonly accuracy: number };
  }[];
}

/** Runs take seconds. */
const POLL_MS = 200;

export class Lessons {
  readonly #context: ExampleContext;
  readonly #folder: string;
  readonly #test: readonly LabelledText[];

  /**
   * @param folder - where a folder a lesson is made.
   * @param test - what students are measured on; no teacher is asked about it.
   */
  constructor(context: ExampleContext, folder: string, test: readonly LabelledText[]) {
    this.#context = context;
    this.#folder = folder;
    this.#test = test;
  }

  /** What the document's rules keep. */
  async check(
    lesson: Lesson,
    texts: readonly LabelledText[],
    answers: readonly AnswerLine[],
  ): Promise<Checked> {
    const at = await this.#write(lesson);
    await writeFile(at(lesson.document.spec.inputs.source), jsonLines(texts));
    await writeFile(at('answers.jsonl'), jsonLines(answers));
    const summary = await this.#stage('check', at, '--output', 'json');
    const kept = parsedLines<KeptLine>(await readFile(at('kept.jsonl'), 'utf8'));
    return { kept, summary: JSON.parse(summary) as Checked['summary'] };
  }

  /** Its student's accuracy on the test, by the seeds that it was trained with. */
  async overSeeds(lesson: TaughtLesson, seeds: readonly number[]): Promise<number[]> {
    const { client } = this.#context;
    const runId = await this.#train(lesson);
    // The same run with the other seeds: what was kept need not be pushed again.
    const file = path.join(this.#folder, lesson.name, 'run.json');
    const { specificationJson } = await client.getRun(runId);
    await writeFile(file, specificationJson);
    const { arms } = await finishSweep(this.#context, file, seeds);
    const runs = arms.flatMap((arm) => arm.runs);
    return Promise.all(
      seeds.map((seed) => this.#accuracy(runs.find((run) => run.seed === seed)?.runId ?? '')),
    );
  }

  /** The student's accuracy on the test of each of several lessons, one run each. */
  async once(lessons: readonly TaughtLesson[]): Promise<number[]> {
    const runs: string[] = [];
    for (const lesson of lessons) runs.push(await this.#train(lesson));
    return Promise.all(runs.map((runId) => this.#accuracy(runId)));
  }

  /** What the chat's explanations are worth to the student, as the command says it. */
  async explanationsWorth(lesson: TaughtLesson, seeds: number): Promise<ExplanationsWorth> {
    const at = await this.#prepare(lesson);
    const options = ['--run-id', lesson.name, '--seeds', String(seeds), '--output', 'json'];
    return JSON.parse(await this.#stage('train', at, ...options)) as ExplanationsWorth;
  }

  async #train(lesson: TaughtLesson): Promise<string> {
    const at = await this.#prepare(lesson);
    await this.#stage('train', at, '--run-id', lesson.name, '--no-watch');
    return lesson.name;
  }

  /** With the test beside what was kept. */
  async #prepare({ kept, ...lesson }: TaughtLesson): Promise<(file: string) => string> {
    const at = await this.#write(lesson);
    const test = this.#test.map((own, k) => ({ id: `test-${k}`, ...own, answers: {} }));
    await writeFile(at('kept.jsonl'), jsonLines([...kept, ...test]));
    return at;
  }

  async #accuracy(runId: string): Promise<number> {
    const { client } = this.#context;
    for (;;) {
      const run = await client.getRun(runId);
      if (run.state === RunState.RUN_STATE_SUCCEEDED) break;
      if (run.endedAtMs > 0 || run.state === RunState.RUN_STATE_PAUSED) {
        throw new LyceumError('INTERNAL', `${runId} is ${runStateName(run)}: ${run.reason}`);
      }
      await pause(POLL_MS);
    }
    return (await client.getReport(runId)).student.accuracy ?? Number.NaN;
  }

  async #write({ name, document: { metadata, ...document } }: Lesson) {
    process.stderr.write(`${name} …\n`);
    const folder = path.join(this.#folder, name);
    await mkdir(folder, { recursive: true });
    const at = (file: string) => path.join(folder, file);
    // JSON is YAML.
    const own = { ...document, metadata: { ...metadata, name } };
    await writeFile(at('imitation.yaml'), JSON.stringify(own));
    return at;
  }

  #stage(name: string, at: (file: string) => string, ...options: readonly string[]) {
    const document = at('imitation.yaml');
    return this.#context.coordinator('imitation', name, document, '--folder', at('.'), ...options);
  }
}

export function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

export function parsedLines<Line>(text: string): Line[] {
  return text
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}
