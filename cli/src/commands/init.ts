import { ARCHITECTURE_NAMES, type ArchitectureName } from '@lyceum/learning/architectures';
import { parseRunSpecification } from '@lyceum/learning/specification';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { type Command, Option } from 'commander';
import { CoordinatorClient } from '../client/index.js';
import { refuseExisting, writeNewFile } from '../files/index.js';
import {
  ask,
  clusterOffer,
  initialRunText,
  type Offer,
  type OfferedSet,
  requireOffered,
} from '../init/index.js';
import { shellWord } from '../printing/text/index.js';
import {
  type GlobalOptions,
  globalOptions,
  interruptible,
  notice,
  tlsOf,
} from '../session/index.js';

/** A run's greatest number of teachers. */
const TEACHERS_MAX_COUNT = 64;

interface InitFlags {
  readonly dataset?: string;
  readonly teacher?: readonly string[];
  readonly student?: ArchitectureName;
  readonly modality?: string;
  readonly name?: string;
  readonly file?: string;
  readonly force?: true;
}

export function addInit(program: Command): void {
  program
    .command('init')
    .description('write a first run, with comments, from a data set and models')
    .option('--dataset <name>', 'a pushed set')
    .option(
      '--teacher <model>',
      'a pushed model, or run:ID; may be repeated. None: the run trains a model alone',
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .addOption(
      new Option(
        '--student <architecture>',
        'what is trained (default: one that suits the set, else mlp)',
      ).choices(ARCHITECTURE_NAMES),
    )
    .option(
      '--modality <name>',
      'of a set of several: what the student sees (default: the first of them)',
    )
    .option('--name <name>', "the run's id (default: DATASET-student, or DATASET-teacher)")
    .option('-f, --file <file>', 'where it is written (default: NAME.yaml); - is standard output')
    .option('--force', 'overwrite the file')
    .addHelpText(
      'after',
      `
Without --dataset, init asks for what is not given and lists what the cluster has; this needs a terminal. Where a
coordinator answers, names are looked up there; where none does, they are taken as they are.

Examples:
  coordinator init
  coordinator init --dataset digits --teacher run:digits-wide --teacher run:digits-lenet --student mlp
  coordinator init --dataset digits --student lenet -f - | coordinator submit - --watch`,
    )
    .action(async (flags: InitFlags, command: Command) => {
      const globals = globalOptions(command);
      await interruptible((signal) => init(flags, globals, signal));
    });
}

async function init(flags: InitFlags, globals: GlobalOptions, signal: AbortSignal): Promise<void> {
  // Checked before any question is asked.
  if (flags.file !== undefined) await refuseOld(flags.file, flags);
  const offer = await offerOf(globals, signal);
  const { dataset, teachers, student, modality } = await choose(flags, offer, signal);
  const set = offer?.datasets.get(dataset);
  const isTaught = teachers.length > 0;
  const name = flags.name ?? `${dataset}-${isTaught ? 'student' : 'teacher'}`;
  const text = initialRunText({
    name,
    dataset: { name: dataset, description: set?.description },
    teachers: teachers.map((teacher) => ({
      name: teacher,
      ...offer?.teachers.get(teacher),
    })),
    student,
    ...(modality !== undefined && {
      modality: { name: modality, others: modalityNames(set).filter((one) => one !== modality) },
    }),
    // Teachers also answer about unlabelled samples, so a taught student trains on all.
    epochSamples: isTaught ? set?.train?.samples : set?.train?.labelled,
  });
  // Names come from flags and answers: a wrong one is reported now, not when the run is submitted.
  parseRunSpecification(text, 'the run');
  const file = flags.file ?? `${name}.yaml`;
  if (file === '-') {
    process.stdout.write(text);
    return;
  }
  await refuseOld(file, flags);
  await writeNewFile(file, text, flags.force === true);
  notice(`wrote ${file}; see whether all fits: coordinator submit ${shellWord(file)} --dry-run`);
}

async function refuseOld(file: string, { force }: InitFlags): Promise<void> {
  if (file !== '-' && force === undefined) await refuseExisting(file);
}

/** Undefined: no coordinator answers. */
async function offerOf(globals: GlobalOptions, signal: AbortSignal): Promise<Offer | undefined> {
  const client = new CoordinatorClient(globals.coordinator, tlsOf(globals));
  try {
    await client.version({ signal });
    return await clusterOffer(client);
  } catch (err) {
    signal.throwIfAborted();
    const { code, message } = toLyceumError(err);
    if (code !== 'UNAVAILABLE') throw err;
    notice(`${message}: names are not looked up`);
    return undefined;
  } finally {
    client.close();
  }
}

interface Choice {
  readonly dataset: string;
  readonly teachers: readonly string[];
  readonly student: ArchitectureName;
  readonly modality: string | undefined;
}

async function choose(
  flags: InitFlags,
  offer: Offer | undefined,
  signal: AbortSignal,
): Promise<Choice> {
  // With a named set no question is asked, so that commands pasted below this one are not taken for answers.
  const asks = flags.dataset === undefined && process.stdin.isTTY && process.stderr.isTTY;
  const isOpen = offer === undefined;
  const dataset = flags.dataset ?? (asks ? await askDataset(offer, signal) : undefined);
  if (dataset === undefined) {
    const names = [...(offer?.datasets.keys() ?? [])];
    const there = names.length === 0 ? '' : `; the cluster has ${names.join(', ')}`;
    throw new LyceumError('INVALID_ARGUMENT', `want --dataset NAME${there}`);
  }
  if (offer !== undefined) requireOffered('data set', dataset, offer.datasets);
  const known = offer?.teachers ?? new Map();
  const teacherQuestion = {
    text: 'Teachers, numbers or names',
    ...{ choices: known, isOpen, fallback: [], atMost: TEACHERS_MAX_COUNT },
  };
  const teachers =
    flags.teacher ?? (asks && (isOpen || known.size > 0) ? await ask(teacherQuestion, signal) : []);
  if (offer !== undefined) {
    for (const teacher of teachers) requireOffered('model', teacher, known);
  }
  const set = offer?.datasets.get(dataset);
  const modality = await chooseModality(flags, set, asks, signal);
  const suits = set?.modalities.find(({ name }) => name === modality)?.student ?? 'mlp';
  const studentQuestion = {
    text: 'Architecture of the student',
    choices: new Map(ARCHITECTURE_NAMES.map((name) => [name, { description: undefined }])),
    ...{ isOpen: false, fallback: [suits], atMost: 1 },
  };
  const [answer] = flags.student === undefined && asks ? await ask(studentQuestion, signal) : [];
  const student = ARCHITECTURE_NAMES.find((name) => name === answer);
  return { dataset, teachers, student: flags.student ?? student ?? suits, modality };
}

/** Undefined: the set has one modality, without a name, or its modalities are not known. */
async function chooseModality(
  flags: InitFlags,
  set: OfferedSet | undefined,
  asks: boolean,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (set === undefined) return flags.modality;
  const names = modalityNames(set);
  if (flags.modality !== undefined) {
    if (names.includes(flags.modality)) return flags.modality;
    const there = names.length === 0 ? 'its only one has no name' : `there is ${names.join(', ')}`;
    const message = `the data set has no modality ${flags.modality}; ${there}`;
    throw new LyceumError('NOT_FOUND', message);
  }
  if (!asks || names.length < 2) return names[0];
  const choices = new Map(names.map((name) => [name, { description: undefined }]));
  const fallback = names.slice(0, 1);
  const question = { text: 'Modality of the student', choices, isOpen: false, fallback, atMost: 1 };
  return (await ask(question, signal))[0];
}

function modalityNames(set: OfferedSet | undefined): string[] {
  return (set?.modalities ?? []).flatMap(({ name }) => name ?? []);
}

async function askDataset(
  offer: Offer | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const choices = offer?.datasets ?? new Map();
  if (offer !== undefined && choices.size === 0) {
    const message = 'the cluster has no data set yet; push one: coordinator datasets push';
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const isOpen = offer === undefined;
  const question = { text: 'Data set', choices, isOpen, fallback: undefined, atMost: 1 };
  return (await ask(question, signal))[0];
}
