/**
 * Lessons of `explain`: a document's rules choose the answers to keep, and a student is taught with them. Both steps
 * run the command that a person would use.
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

/** A line of kept.jsonl, as far as this example looks at it. */
export interface KeptLine {
  readonly id: string;
  readonly text: string;
  readonly label: string;
  readonly split: 'train' | 'test';
  readonly answers: Readonly<Record<string, string | null>>;
  readonly consensus?: string;
}

export interface Lesson {
  /** Name of the lesson's document, its data set and its run. */
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
    /** `drops` counts the texts that the rule would drop; `only`, those of them that no other rule would drop. */
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
      /** Over all texts, including those on which the teacher is silent. */
      readonly accuracyOfAll: number | null;
      readonly estimatedAccuracy: number | null;
    }[];
  };
}

/** What `imitation train` reports about explanations, as far as this example looks at it: shares of the test texts. */
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
   * @param folder - gets one folder for each lesson.
   * @param test - texts that students are measured on; no teacher is asked about these.
   */
  constructor(context: ExampleContext, folder: string, test: readonly LabelledText[]) {
    this.#context = context;
    this.#folder = folder;
    this.#test = test;
  }

  /** Finds what the document's rules keep. */
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

  /** The accuracy of the lesson's student on the test, for each seed. */
  async overSeeds(lesson: TaughtLesson, seeds: readonly number[]): Promise<number[]> {
    const { client } = this.#context;
    const runId = await this.#train(lesson);
    // A sweep of the same run over all seeds: the kept answers need not be pushed again.
    const file = path.join(this.#folder, lesson.name, 'run.json');
    const { specificationJson } = await client.getRun(runId);
    await writeFile(file, specificationJson);
    const { arms } = await finishSweep(this.#context, file, seeds);
    const runs = arms.flatMap((arm) => arm.runs);
    return Promise.all(
      seeds.map((seed) => this.#accuracy(runs.find((run) => run.seed === seed)?.runId ?? '')),
    );
  }

  /** For each of several lessons, the student's accuracy on the test: one run each. */
  async once(lessons: readonly TaughtLesson[]): Promise<number[]> {
    const runs: string[] = [];
    for (const lesson of lessons) runs.push(await this.#train(lesson));
    return Promise.all(runs.map((runId) => this.#accuracy(runId)));
  }

  /** How much the chat's explanations help the student, as the command reports it. */
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

  /** Writes the lesson's files, with the test's texts beside the kept ones. */
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
