/**
 * What a model's file cannot say of itself, and how a teacher is told apart from another.
 *
 * Settings are part of a teacher's identity: the same weights read otherwise give other answers.
 */
import { InvalidDocumentError, type Problem, sha256Hex } from '@lyceum/proto';

export interface ModelSettings {
  /** What the last layer gives: `logits`, or `probabilities` that sum to 1. */
  readonly output: 'logits' | 'probabilities';
  /** What real input values are multiplied by before the model sees them; 255 for one that wants bytes. Absent: 1. */
  readonly scale?: number;
}

/** The settings' canonical JSON: equal for equal settings. */
export function settingsJson(settings: ModelSettings): string {
  const { output, scale } = settings;
  return JSON.stringify(scale === undefined || scale === 1 ? { output } : { output, scale });
}

/** @throws {InvalidDocumentError} naming every field that is wrong. */
export function parseSettingsJson(text: string, source = 'model settings'): ModelSettings {
  const problems: Problem[] = [];
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new InvalidDocumentError(source, [{ path: '', message: 'is not JSON' }]);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new InvalidDocumentError(source, [{ path: '', message: 'is no object' }]);
  }
  const { output, scale, ...unknown } = document as Record<string, unknown>;
  if (output !== 'logits' && output !== 'probabilities') {
    const message = `must be "logits" or "probabilities", got ${JSON.stringify(output)}`;
    problems.push({ path: 'output', message });
  }
  if (scale !== undefined && !(typeof scale === 'number' && Number.isFinite(scale) && scale > 0)) {
    const message = `must be a number greater than 0, got ${JSON.stringify(scale)}`;
    problems.push({ path: 'scale', message });
  }
  for (const path of Object.keys(unknown))
    problems.push({ path, message: 'is not a known key here' });
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  const known = output as ModelSettings['output'];
  return scale === undefined ? { output: known } : { output: known, scale: scale as number };
}

/**
 * A teacher's identity, SHA-256 hex: equal identities give equal answers.
 *
 * @param modelDigest - SHA-256, hex, of the model's package.
 * @param engine - name and version of what computes.
 */
export function teacherIdentity(
  modelDigest: string,
  settings: ModelSettings,
  engine: string,
): string {
  return sha256Hex(JSON.stringify([modelDigest, settingsJson(settings), engine]));
}
