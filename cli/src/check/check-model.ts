/** Finds, stage by stage, the settings under which a model is right most often on a set. */
import { canTellOrder, isBetterOrder } from '@lyceum/learning/ensemble';
import {
  classOrder,
  knownClassesOf,
  type ModelSettings,
  namedAsInSet,
  parseSettingsJson,
  settingsJson,
} from '@lyceum/learning/models';
import type { Tried } from '@lyceum/learning/trials';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import {
  type Candidate,
  type CheckedModel,
  colourCandidates,
  firstCandidates,
  sizeCandidates,
} from './candidate-settings.js';
import {
  countsAmong,
  type JudgedOrder,
  judgedOrders,
  labelOrders,
  mappedOrder,
} from './label-orders.js';

/** How the model is asked. */
export interface Trying {
  readonly samples: { readonly sampleCount: number; readonly classNames: readonly string[] };
  try(settings: ModelSettings): Promise<Tried>;
}

export interface TriedCandidate extends Candidate {
  readonly tried: Tried;
  /** The best first; empty if the model's classes are not known. */
  readonly orders: readonly JudgedOrder[];
  readonly mapped: JudgedOrder | undefined;
}

interface FailedCandidate extends Candidate {
  readonly problem: string;
}

export type CheckedCandidate = TriedCandidate | FailedCandidate;

export interface Check {
  /** In the order in which they were tried. */
  readonly candidates: readonly CheckedCandidate[];
  readonly best: TriedCandidate;
  /** The best order of `best`. */
  readonly order: JudgedOrder;
  /** All settings to write down. */
  readonly settings: ModelSettings;
  /** Number of samples that the accuracy is over. */
  readonly sampleCount: number;
  /** Names of the set's classes that the model knows and is judged by; undefined: all. */
  readonly known: readonly string[] | undefined;
}

/** How many of the first stage's best candidates go into the second stage. */
const LEADERS = 2;

/**
 * @param told - called with each candidate after it was tried.
 * @throws {LyceumError} INVALID_ARGUMENT if the model cannot be asked under any settings.
 */
export async function checkModel(
  trial: Trying,
  asked: CheckedModel,
  told: (candidate: CheckedCandidate) => void,
): Promise<Check> {
  const { classNames } = trial.samples;
  const model = believed(asked, classNames);
  const candidates: CheckedCandidate[] = [];
  /**
   * Candidates that change values or colours for a gain that may be chance: most models want neither change, and one
   * of several candidates is always ahead by chance.
   */
  const unproven = new Set<CheckedCandidate>();
  const tryAll = async (some: readonly Candidate[]) => {
    for (const one of some) {
      const checked = await tried(trial, model, one);
      candidates.push(checked);
      told(checked);
    }
  };
  await tryAll(firstCandidates(model));
  for (const changed of ranked(candidates, trial)) {
    // The candidate with the file's own values, or the set's.
    const plain = candidates.find(({ layout }) => layout === changed.layout) as CheckedCandidate;
    const isProven = changed === plain || !('tried' in plain);
    if (!isProven && !isBeyondChance(changed, plain, trial)) unproven.add(changed);
  }
  for (const leader of ranked(candidates, trial).slice(0, LEADERS)) {
    const [turned] = colourCandidates(model, leader);
    if (turned === undefined) continue;
    await tryAll([turned]);
    const found = candidates.at(-1) as CheckedCandidate;
    if (!('tried' in found) || isBeyondChance(found, leader, trial)) continue;
    unproven.add(found);
  }
  const likely = () => ranked(candidates, trial).filter((candidate) => !unproven.has(candidate));
  const [coloured] = likely();
  if (coloured !== undefined) await tryAll(sizeCandidates(model, coloured));
  const [best] = likely();
  const order = best && bestOrder(best, trial);
  if (best === undefined || order === undefined) throw unusable(candidates, trial);
  const { output } = model.settings;
  // If the file names classes, the settings must name them too, or the file's would be used.
  const classes = order.classes ?? (asked.settings.classes && classNames);
  const settings: ModelSettings = {
    ...best.settings,
    output: model.fixed.has('output')
      ? output
      : best.tried.distributions
        ? 'probabilities'
        : 'logits',
    ...(classes !== undefined && { classes }),
  };
  // A push asks for a layout that the model's file leaves open, also for the usual one.
  const isOpen = best.layout !== '' && !model.fixed.has('layout');
  const { layout } = best.settings;
  return {
    candidates,
    best,
    order,
    settings: { ...parseSettingsJson(settingsJson(settings)), ...(isOpen && { layout }) },
    sampleCount: order.sampleCount,
    known: knownNames(settings, classNames),
  };
}

/** The model with its file's classes; without them if they are not the set's: its answers show the order too. */
function believed(model: CheckedModel, classNames: readonly string[]): CheckedModel {
  const { classes, ...others } = model.settings;
  if (classes === undefined || model.fixed.has('classes')) return model;
  const set = { classNames, classCount: classNames.length };
  try {
    classOrder(model.settings, set);
    return { ...model, settings: { ...others, classes: namedAsInSet(classes, classNames) } };
  } catch (thrown) {
    if (toLyceumError(thrown).code !== 'INVALID_ARGUMENT') throw thrown;
    return { ...model, settings: others };
  }
}

/** Asks the model under the candidate's settings, and judges the orders of its classes. */
export async function tried(
  trial: Trying,
  { settings }: Pick<CheckedModel, 'settings'>,
  candidate: Candidate,
): Promise<CheckedCandidate> {
  try {
    const found = await trial.try(candidate.settings);
    const { classNames } = trial.samples;
    const known = knownNames(settings, classNames);
    const names = known ?? classNames;
    const counts = countsAmong(found.counts, classNames, names);
    if (counts.length === 0) {
      const message = `none of the ${trial.samples.sampleCount} samples has a class that the model's settings name`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const isPartial = known !== undefined;
    const orders = labelOrders(names, found.classCount, settings.classes, isPartial);
    return {
      ...candidate,
      tried: found,
      orders: judgedOrders(orders, names, counts),
      mapped: mappedOrder(names, found.classCount, counts),
    };
  } catch (thrown) {
    const err = toLyceumError(thrown);
    if (err.code !== 'INVALID_ARGUMENT') throw thrown;
    return { ...candidate, problem: err.message };
  }
}

/** The set's classes that the settings name, in the set's order; undefined: all. */
function knownNames(
  settings: ModelSettings,
  classNames: readonly string[],
): readonly string[] | undefined {
  const known = knownClassesOf(settings, { classNames, classCount: classNames.length });
  return known?.map((label) => classNames[label] as string);
}

/**
 * The best first; of equal ones the one with the fewest settings. If there are enough samples, the best mapping
 * counts: with right inputs but classes in a wrong order, no order that has a reason does well.
 */
function ranked(candidates: readonly CheckedCandidate[], trial: Trying): TriedCandidate[] {
  return candidates
    .filter((candidate) => 'tried' in candidate)
    .sort((a, b) => score(b, trial) - score(a, trial) || settingCount(a) - settingCount(b));
}

function score({ orders, mapped }: TriedCandidate, trial: Trying): number {
  return (hasEnough(trial) ? mapped?.accuracy : undefined) ?? orders[0]?.accuracy ?? 0;
}

/**
 * Whether `one` is right more often by more than a standard error of the difference, as if their samples were
 * independent.
 */
function isBeyondChance(one: TriedCandidate, other: TriedCandidate, trial: Trying): boolean {
  const [a, b] = [score(one, trial), score(other, trial)];
  const count = one.orders[0]?.sampleCount ?? trial.samples.sampleCount;
  return a - b > Math.sqrt((a * (1 - a) + b * (1 - b)) / count);
}

function settingCount({ settings }: Candidate): number {
  return Object.keys(settings).length;
}

/** The best order that has a reason, unless a mapping is so much better that the reason must be wrong. */
export function bestOrder(
  { orders, mapped }: Pick<TriedCandidate, 'orders' | 'mapped'>,
  trial: Pick<Trying, 'samples'>,
): JudgedOrder | undefined {
  const [named] = orders;
  if (mapped === undefined || !hasEnough(trial)) return named;
  return isFarBetter(mapped, named, trial) ? mapped : named;
}

/** @param mapped - the best of all possible orders. */
export function isFarBetter(
  mapped: JudgedOrder,
  named: JudgedOrder | undefined,
  { samples }: Pick<Trying, 'samples'>,
): boolean {
  const { accuracy, sampleCount, guessedShare } = mapped;
  return isBetterOrder({
    rowCount: sampleCount,
    classCount: samples.classNames.length,
    rightCount: accuracy * sampleCount,
    presentCount: (named?.accuracy ?? 0) * sampleCount,
    guessedShare,
  });
}

function hasEnough({ samples }: Pick<Trying, 'samples'>): boolean {
  return canTellOrder(samples.sampleCount, samples.classNames.length);
}

function unusable(candidates: readonly CheckedCandidate[], { samples }: Trying): LyceumError {
  const [first] = candidates;
  if (first !== undefined && 'problem' in first) {
    return new LyceumError('INVALID_ARGUMENT', `the model cannot be asked: ${first.problem}`);
  }
  const found = candidates.find((candidate) => 'tried' in candidate)?.tried.classCount;
  const message = `the model has ${found} classes and the data set ${samples.classNames.length}; name the model's in its settings, {"classes": […]}`;
  return new LyceumError('INVALID_ARGUMENT', message);
}
