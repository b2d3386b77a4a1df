/** The probes that replicas are asked, one for each teacher and set: which are open, and their references on disk. */
import type { TeacherKnowledge } from '@lyceum/learning/ensemble';
import { isRemoteEngine } from '@lyceum/learning/formats';
import type { Logger } from '@lyceum/platform';
import type { ArtifactCatalog } from '../artifacts/index.js';
import { readSet } from '../lifecycle/index.js';
import type { PinnedTeacher, RunStore } from '../runs/index.js';
import { runsAsking } from './asking-runs.js';
import type { KeptProbes } from './kept-probes.js';
import { knowledgeShown, type ProbeQuestion, probeOf } from './probe-tickets.js';
import type { ProbeReferences, Replica } from './replicas/index.js';
import { UnansweredProbes } from './unanswered-probes.js';

/** A set that a teacher is asked about. */
export interface ProbedSet {
  readonly digest: string;
  readonly path?: string | undefined;
  /** The teacher's engine. */
  readonly engine: PinnedTeacher['engine'];
  /** The widest access among the runs that ask. */
  readonly access: PinnedTeacher['access'];
  readonly knownClasses?: PinnedTeacher['knownClasses'];
}

/** `isKept`: the first answer to it is kept on disk, beside the stored answers. */
type AskedProbe = ProbeQuestion & { readonly isKept: boolean };

/** What a teacher answered first to a probe. */
export interface ProbeReference {
  readonly probe: string;
  /** SHA-256 of the answer. */
  readonly digest: string;
  readonly knowledge: () => TeacherKnowledge;
  /** The set's classes. */
  readonly classNames: readonly string[];
}

export interface AskedProbesParts {
  readonly store: RunStore;
  readonly catalog: ArtifactCatalog;
  readonly keptProbes: KeptProbes;
  /** Whether answers of the teacher to the set are stored. */
  readonly hasAnswers: (teacher: string, datasetDigest: string) => boolean;
  readonly log: Logger;
}

export class AskedProbes {
  readonly unanswered = new UnansweredProbes();
  readonly #parts: AskedProbesParts;
  readonly #references: ProbeReferences;
  /** By teacher and set; undefined: a set without samples. */
  readonly #questions = new Map<string, AskedProbe | undefined>();
  /** Probes whose reference is kept on disk, with its digest. */
  readonly #kept = new Map<string, string>();

  constructor(parts: AskedProbesParts, references: ProbeReferences) {
    this.#parts = parts;
    this.#references = references;
  }

  /** Undefined: the teacher was not asked about the set yet, or the set has no samples. */
  find(teacher: string, datasetDigest: string): AskedProbe | undefined {
    return this.#questions.get(keyOf(teacher, datasetDigest));
  }

  /** The probe of the teacher about the set, from now on. @returns undefined for a set without samples. */
  async ask(teacher: string, set: ProbedSet): Promise<AskedProbe | undefined> {
    const known = this.find(teacher, set.digest);
    if (known?.access === set.access) return known;
    const probe = probeOf(teacher, set, await readSet(this.#parts.catalog, set));
    const question = probe && { ...probe, isKept: isRemoteEngine(set.engine) };
    if (question?.isKept) await this.#recall(teacher, set, question.id);
    this.#questions.set(keyOf(teacher, set.digest), question);
    if (question === undefined) return undefined;
    for (const { record } of runsAsking(this.#parts.store, teacher)) {
      const digest = record.probeDigests?.[question.id];
      if (digest !== undefined) this.#references.expect(question.id, digest);
    }
    return question;
  }

  /** Forgets probes about teachers and sets that no run asks any more. @returns the ids of those that stay. */
  retain(asked: ReadonlyMap<string, readonly ProbedSet[]>): ReadonlySet<string> {
    const keys = new Set(
      [...asked].flatMap(([teacher, sets]) => sets.map(({ digest }) => keyOf(teacher, digest))),
    );
    for (const key of this.#questions.keys()) if (!keys.has(key)) this.#questions.delete(key);
    const ids = new Set([...this.#questions.values()].flatMap((question) => question?.id ?? []));
    this.unanswered.retain(ids);
    return ids;
  }

  /** The teacher's first answer to its probe about a set; undefined: it has not answered yet. */
  reference(teacher: string, datasetDigest: string): ProbeReference | undefined {
    const question = this.find(teacher, datasetDigest);
    const answer = question && this.#references.get(question.id);
    if (question === undefined || answer === undefined) return undefined;
    const { digest, values } = answer;
    const { id, classNames } = question;
    return { probe: id, digest, knowledge: () => knowledgeShown(question, values), classNames };
  }

  /** Why the server behind the teacher does not answer about the set; undefined: it does, or was not asked yet. */
  refusal(teacher: string, datasetDigest: string): string | undefined {
    const question = this.find(teacher, datasetDigest);
    return question && this.unanswered.refusalOf(question.id);
  }

  /** Why the worker cannot read the set, about which the teacher is asked; undefined: it can, or was not asked yet. */
  unreadable({ workerId, teacher }: Replica, datasetDigest: string): string | undefined {
    const question = this.find(teacher, datasetDigest);
    return question && this.unanswered.unreadableTo(question.id, workerId);
  }

  /**
   * Keeps the reference on disk if the teacher is behind a server: it vouches for the stored answers after a restart.
   */
  keepReference({ id: probe, isKept }: AskedProbe): void {
    const { keptProbes, log } = this.#parts;
    const reference = this.#references.get(probe);
    if (!isKept || reference === undefined || this.#kept.get(probe) === reference.digest) return;
    this.#kept.set(probe, reference.digest);
    keptProbes.write(probe, reference).catch((err: unknown) => {
      log.warn({ err, probe }, 'first answer to a probe not kept');
    });
  }

  /** Takes the reference from disk while answers are stored that it vouches for; else deletes it. */
  async #recall(teacher: string, { digest }: ProbedSet, probe: string): Promise<void> {
    const { keptProbes, hasAnswers } = this.#parts;
    if (this.#references.get(probe) !== undefined) return;
    this.#kept.delete(probe);
    const kept = await keptProbes.read(probe);
    if (kept === undefined) return;
    if (!hasAnswers(teacher, digest)) return keptProbes.forget(probe);
    this.#kept.set(probe, kept.digest);
    this.#references.keep(probe, { ...kept, round: 0 });
  }
}

function keyOf(teacher: string, datasetDigest: string): string {
  return `${teacher} ${datasetDigest}`;
}
