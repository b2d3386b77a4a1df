/**
 * The inputs of an objective's case as tensors. If a field is missing or of a wrong kind, the error names the field.
 *
 * A tensor belongs to the scope that asks for it. Tensors for gradients are given by the caller.
 */
import type { Tensor, Tensor2D, Tf } from '@lyceum/learning/tensorflow';

/** [K, B, C] for teachers, or [B, L, V] for tokens. */
export type LogitsOfTeachers = ReturnType<Tf['tensor3d']>;

export interface CaseFields {
  readonly tau: number;
  /** studentLogits, [B, C]. */
  logits(): Tensor2D;
  /** teacherLogits, [K, B, C]. */
  teachers(): LogitsOfTeachers;
  /** labels as one-hot rows of studentLogits' width; −1 is a row of zeros. */
  labels(): Tensor2D;
  matrix(name: string): Tensor2D;
  tensor<T extends Tensor>(name: string): T;
  /** int32; rows shorter than `width` are filled up with −1. */
  indices(name: string, width?: number): Tensor2D;
  number(name: string, otherwise?: number): number;
  flag(name: string): boolean;
  word<W extends string>(name: string, words: readonly W[]): W;
  /** The numbers of a field; undefined if the field is absent or null. */
  optionalNumbers(name: string): readonly number[] | undefined;
}

export function openCase(
  tf: Tf,
  input: Readonly<Record<string, unknown>>,
  given: ReadonlyMap<string, Tensor>,
): CaseFields {
  const tensor = <T extends Tensor>(name: string): T =>
    (given.get(name) ?? tf.tensor(filled(listOf(input, name)))) as T;
  const fields: CaseFields = {
    get tau() {
      return fields.number('tau');
    },
    tensor,
    matrix: (name) => tensor<Tensor2D>(name),
    logits: () => tensor<Tensor2D>('studentLogits'),
    teachers: () => tensor<LogitsOfTeachers>('teacherLogits'),
    labels() {
      const classCount = fields.logits().shape[1];
      const labels = tf.tensor1d(listOf(input, 'labels') as number[], 'int32');
      return tf.oneHot(labels, classCount).toFloat() as Tensor2D;
    },
    indices(name, width) {
      const rows = listOf(input, name) as readonly (readonly number[])[];
      const filled = rows.map((row) => [
        ...row,
        ...Array.from({ length: Math.max(0, (width ?? row.length) - row.length) }, () => -1),
      ]);
      return tf.tensor2d(filled, undefined, 'int32');
    },
    number(name, otherwise) {
      const value = input[name] ?? otherwise;
      if (typeof value !== 'number') throw new Error(`input.${name}: want a number`);
      return value;
    },
    flag(name) {
      const value = input[name] ?? false;
      if (typeof value !== 'boolean') throw new Error(`input.${name}: want true or false`);
      return value;
    },
    word(name, words) {
      const value = words.find((word) => word === input[name]);
      if (value === undefined) throw new Error(`input.${name}: want one of ${words.join(', ')}`);
      return value;
    },
    optionalNumbers(name) {
      return input[name] == null ? undefined : (listOf(input, name) as number[]);
    },
  };
  return fields;
}

function listOf(input: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const value = input[name];
  if (!Array.isArray(value)) throw new Error(`input.${name}: want a list`);
  return value;
}

/**
 * Fills nested lists with zeros up to a rectangle: sequences of one case may differ in length.
 *
 * @returns the value as `tf.tensor` takes it.
 */
export function filled(value: unknown): number[] {
  const shape: number[] = [];
  measure(value, 0, shape);
  return fill(value, 0, shape) as number[];
}

/** Undoes {@link filled}: cuts a rectangle back to the shape of `like`. */
export function cut(value: unknown, like: unknown): unknown {
  if (!Array.isArray(like) || !Array.isArray(value)) return value;
  return like.map((own, index) => cut(value[index], own));
}

function measure(value: unknown, depth: number, shape: number[]): void {
  if (!Array.isArray(value)) return;
  shape[depth] = Math.max(shape[depth] ?? 0, value.length);
  for (const item of value) measure(item, depth + 1, shape);
}

function fill(value: unknown, depth: number, shape: readonly number[]): unknown {
  if (depth === shape.length) return value ?? 0;
  const list = Array.isArray(value) ? value : [];
  return Array.from({ length: shape[depth] as number }, (_, i) => fill(list[i], depth + 1, shape));
}
