/**
 * The table of all terms of the objective.
 *
 * All answer terms but `vote` and `mse-logits` compare with their teachers' pool, made by `ensemble.combine` at the
 * term's temperature. For kd an arithmetic pool has the same gradient as every teacher by itself, for kl-reverse a
 * geometric one; for the other terms the pool is a choice.
 */
import type { z } from 'zod';
import type { Combination } from '../../ensemble/rules/index.js';
import { alphaBetaTerm } from './alpha-beta.js';
import { attentionTransferTerm } from './attention-transfer.js';
import { ceTerm } from './ce.js';
import { distTerm } from './dist.js';
import { dkdTerm } from './dkd.js';
import { gjsTerm } from './gjs.js';
import { hardLabelTerm } from './hard-label.js';
import { hintTerm } from './hint.js';
import { jeffreysTerm } from './jeffreys.js';
import { kdTerm } from './kd.js';
import { klForwardTerm } from './kl-forward.js';
import { klReverseTerm } from './kl-reverse.js';
import { mseLogitsTerm } from './mse-logits.js';
import { pluginTerm } from './plugin.js';
import { rkdTerm } from './rkd.js';
import { similarityPreservingTerm } from './similarity-preserving.js';
import { skewFklTerm } from './skew-fkl.js';
import { skewRklTerm } from './skew-rkl.js';
import { softCeTerm } from './soft-ce.js';
import type { AnswerTerm, FeatureTerm, LabelTerm, TargetKind, TargetNeed } from './term.js';
import { topKKdTerm } from './topk-kd.js';
import { tvdTerm } from './tvd.js';
import { voteTerm } from './vote.js';

/** In the order in which messages name them. */
const TABLE = [
  kdTerm,
  ceTerm,
  dkdTerm,
  softCeTerm,
  klForwardTerm,
  klReverseTerm,
  jeffreysTerm,
  gjsTerm,
  skewFklTerm,
  skewRklTerm,
  tvdTerm,
  alphaBetaTerm,
  pluginTerm,
  distTerm,
  mseLogitsTerm,
  topKKdTerm,
  hardLabelTerm,
  voteTerm,
  hintTerm,
  attentionTransferTerm,
  similarityPreservingTerm,
  rkdTerm,
] as const;

type Listed = (typeof TABLE)[number];

/** A term by its name in a run, with its settings. */
export type TermSettings = z.output<Listed['settings']>;
export type FeatureTermSettings = z.output<Extract<Listed, { of: 'features' }>['settings']>;

type OwnAnswerTerm = AnswerTerm<z.ZodType<TermSettings>, TargetKind>;
type OwnFeatureTerm = FeatureTerm<z.ZodType<FeatureTermSettings>>;
export type Term = LabelTerm<z.ZodType<TermSettings>> | OwnAnswerTerm | OwnFeatureTerm;

export const TERMS: readonly Term[] = TABLE;
const FEATURE_TERMS = TERMS.filter((term) => term.of === 'features');

/** The term of this name; undefined: none. */
export function termNamed(name: unknown): Term | undefined {
  return TERMS.find((term) => term.name === name);
}

/** The term of this name that compares with answers; undefined: none. */
export function answerTermNamed(name: unknown): OwnAnswerTerm | undefined {
  const term = termNamed(name);
  return term?.of === 'answers' ? term : undefined;
}

export function termOf({ term }: { readonly term: TermSettings['term'] }): Term {
  return required(termNamed(term), term);
}

/** Whether a term compares features. */
export function isFeatureTerm<T extends { readonly term: string }>(
  term: T,
): term is Extract<T, FeatureTermSettings> {
  return termNamed(term.term)?.of === 'features';
}

export function featureTermOf({ term }: FeatureTermSettings): OwnFeatureTerm {
  return required(
    FEATURE_TERMS.find(({ name }) => name === term),
    term,
  );
}

function required<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new Error(`no term ${name}`);
  return found;
}

/** What a term of a run needs of its teachers' answers; undefined: nothing. */
export function targetNeed(own: TermSettings, combination: Combination): TargetNeed | undefined {
  const term = termOf(own);
  return term.of === 'answers' ? term.target(own, combination) : undefined;
}
