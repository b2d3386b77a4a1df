/** New inputs that teachers write from present ones: how many, for which classes, and what teachers are asked. */
import type { Problem } from '@lyceum/proto';
import type { z } from 'zod';
import { list, number, pathText, section, text, wholeNumber } from '../documents/index.js';

const COUNT_MAX = 100_000;
const whole = (atMost: number) =>
  wholeNumber(`a whole number from 1 to ${atMost}`, { above: 0, atMost });

/**
 * The defaults are those of Self-Instruct (Wang et al. 2023) and EasyDistill (Wang et al. 2025), on a smaller scale.
 */
export const questions = section({
  count: whole(COUNT_MAX).describe(
    'How many new inputs are wanted in all, in equal parts of each class; those that are dropped do not count.',
  ),
  classes: list(text("a class's name", /./s), 'a list of classes', { atLeast: 1 })
    .optional()
    .describe(
      'The classes that inputs are wanted of; default all that an input is known to be of.',
    ),
  teachers: list(text("a teacher's name", /./s), 'a list of teachers', { atLeast: 1 })
    .optional()
    .describe('The chats that write, each as many; default all.'),
  seeds: whole(16)
    .default(2)
    .describe('How many inputs to train on, drawn at random, a call shows as examples.'),
  perCall: whole(50).default(3).describe('How many new inputs a call asks for.'),
  temperature: number('a number from 0 to 2', { atLeast: 0, atMost: 2 })
    .default(0.8)
    .describe('The temperature that the server draws tokens at.'),
  prompt: text('a text with {examples}', /\{examples\}/)
    .optional()
    .describe(
      'What a chat is asked: {examples} stands for a JSON list of the seeds, {class} for their class, {count} for how many are wanted; default a text that asks for a JSON list.',
    ),
  maxTokens: whole(4096)
    .default(512)
    .describe('The length in tokens at which the server cuts off what is written.'),
  seed: wholeNumber('a whole number from 0 to 4294967295', { above: -1, atMost: 2 ** 32 - 1 })
    .default(0)
    .describe('What the draw of the examples begins with: the same seed draws the same.'),
});

export type Questions = z.output<typeof questions>;

interface Told {
  readonly inputs: { readonly text?: string | undefined; readonly split?: string | undefined };
  readonly classes: readonly string[];
  readonly teachers: readonly {
    readonly name: string;
    readonly endpoint: { readonly chat?: unknown };
  }[];
}

/** What is wrong between `questions` and the rest of the document's spec, at paths below spec. */
export function questionsProblems(
  { classes = [], teachers = [] }: Questions,
  spec: Told,
): Problem[] {
  const problems: Problem[] = [];
  const wrong = (message: string, ...path: (string | number)[]) =>
    problems.push({ path: pathText(['questions', ...path]), message });
  if (spec.inputs.text === undefined) {
    wrong('wants inputs that are texts of a table: spec.inputs.text names their column');
  }
  if (spec.inputs.split === undefined) {
    wrong('wants spec.inputs.split, which tells what may be shown to those who write');
  }
  const chats = spec.teachers.filter(({ endpoint }) => endpoint.chat !== undefined);
  if (chats.length === 0) wrong('wants a teacher that is a chat, and there is none');
  for (const [i, own] of classes.entries()) {
    if (!spec.classes.includes(own))
      wrong(`is "${own}", which is not in spec.classes`, 'classes', i);
    if (classes.indexOf(own) < i) wrong(`is "${own}" again`, 'classes', i);
  }
  for (const [i, own] of teachers.entries()) {
    if (!chats.some(({ name }) => name === own)) {
      wrong(`is "${own}", which is no chat of spec.teachers`, 'teachers', i);
    }
    if (teachers.indexOf(own) < i) wrong(`is "${own}" again`, 'teachers', i);
  }
  return problems;
}
