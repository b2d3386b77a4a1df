/**
 * One answer about each of many texts, or several answers about each of fewer texts, for equally many answers or
 * tokens. The texts, and the one answer about a text, are drawn anew for each seed. Pure.
 */
import { mulberry32 } from '@lyceum/learning/arrays';
import type { Imitation } from '@lyceum/learning/specification';
import type { LabelledText } from './imitation-data.js';
import type { AnswerLine } from './lessons.js';
import { withTraining } from './variants.js';

export interface Draw {
  readonly document: Imitation;
  readonly texts: readonly LabelledText[];
  readonly answers: readonly AnswerLine[];
}

/** All answers that were collected: the same number about each text. */
export interface Pool {
  /** Has one teacher. */
  readonly document: Imitation;
  readonly texts: readonly LabelledText[];
  readonly answers: readonly AnswerLine[];
}

/** One of the answers about each text. */
export function oneEach({ document, texts, answers }: Pool, seed: number): Draw {
  const count = answersOf(document);
  const own = answers.flatMap(({ usage, ...line }) => {
    if (line.answer !== chosen(seed, line.id, count)) return [];
    // The answers about a text shared the prompt's tokens; one answer alone pays for the whole prompt.
    const paid = usage && { usage: { ...usage, inputTokens: usage.inputTokens * count } };
    return [{ ...line, answer: 0, ...paid }];
  });
  return { document: asking(document, 1), texts, answers: own };
}

/** All of the answers about a share of the texts. */
export function severalEach({ document, texts, answers }: Pool, seed: number, share: number): Draw {
  const order = [...texts.keys()].sort((a, b) => mulberry32(seed, a) - mulberry32(seed, b));
  const drawn = order.slice(0, Math.round(texts.length * share));
  const own = new Set(drawn.map((k) => texts[k]?.text));
  return {
    // More epochs, so that the student takes as many steps as with all texts.
    document: trainedFor(document, texts.length / drawn.length),
    texts: texts.filter(({ text }) => own.has(text)),
    answers: answers.filter(({ text }) => own.has(text)),
  };
}

/** The share of the texts whose answers, all of them, cost as many tokens as one separate call about every text. */
export function shareOfEqualTokens(pool: Pool): number {
  return tokensOf(oneEach(pool, 1).answers) / tokensOf(pool.answers);
}

/** Tokens sent and tokens answered. */
export function tokensOf(answers: readonly AnswerLine[]): number {
  const counts = answers.map(({ usage }) => (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0));
  return Math.round(counts.reduce((sum, own) => sum + own, 0));
}

export function answersOf({ spec }: Imitation): number {
  return spec.teachers[0]?.ask.answers ?? 1;
}

function asking(document: Imitation, answers: number): Imitation {
  const teachers = document.spec.teachers.map((own) => ({ ...own, ask: { ...own.ask, answers } }));
  return { ...document, spec: { ...document.spec, teachers } };
}

function trainedFor(document: Imitation, times: number): Imitation {
  return withTraining(document, ({ epochs }) => ({ epochs: Math.round(epochs * times) }));
}

/** @param id - SHA-256 in hex, shortened. */
function chosen(seed: number, id: string, count: number): number {
  return Math.floor(mulberry32(seed, Number.parseInt(id.slice(0, 8), 16)) * count);
}
