/** Binomial tails against sums computed by hand; teachers that know, that guess, and that always answer the same. */
import { describe, expect, it } from 'vitest';
import { guessedShare, isBetterOrder } from '../../../src/ensemble/teachers/class-order.js';
import {
  binomialTail,
  finalAnswerKnowledge,
  teacherKnowledge,
} from '../../../src/ensemble/teachers/teacher-knowledge.js';

const CLASSES = 4;
const labels = Int32Array.from({ length: 64 }, (_, row) => row % CLASSES);

/** Logits whose greatest is that of class `answers(row)`. */
function saying(answers: (row: number) => number): Float32Array {
  const logits = new Float32Array(labels.length * CLASSES);
  for (const row of labels.keys()) logits[row * CLASSES + answers(row)] = 2 + row / 100;
  return logits;
}

describe('binomialTail', () => {
  it('is the sum of the terms of the tail', () => {
    // 3 throws: (3 · 1 + 1) / 8; 4 of p = 1/4: 6 · 9/256 + 4 · 3/256 + 1/256.
    expect(binomialTail(3, 2, 0.5)).toBeCloseTo(0.5, 14);
    expect(binomialTail(4, 2, 0.25)).toBeCloseTo(67 / 256, 14);
    expect([binomialTail(5, 0, 0.3), binomialTail(0, 0, 0.3)]).toEqual([1, 1]);
    expect(binomialTail(2048, 2048, 1e-3)).toBe(0);
    expect(binomialTail(2000, 1000, 0.5)).toBeCloseTo(0.5089, 4);
  });
});

describe('teacherKnowledge', () => {
  it('reports no finding when the teacher is right on every row', () => {
    const known = teacherKnowledge(
      saying((row) => row % CLASSES),
      labels,
      CLASSES,
    );
    expect(known).toMatchObject({ rowCount: 64, labelledCount: 64, correctCount: 64 });
    expect(known.finding).toBeUndefined();
  });

  it('reports at-chance when the teacher is right on a quarter of four classes, or never', () => {
    expect(
      teacherKnowledge(
        saying(() => 1),
        labels,
        CLASSES,
      ).finding,
    ).toBe('at-chance');
    const never = teacherKnowledge(
      saying((row) => (row + 1) % CLASSES),
      labels,
      CLASSES,
    );
    expect(never).toMatchObject({ correctCount: 0, finding: 'at-chance' });
  });

  it('counts only rows of the known classes and measures them against chance among these', () => {
    // Of 32 rows of its classes, all 16 of class 2 are right and 4 of class 0: too many for a guess among four.
    const known = [0, 2];
    const answer = (row: number) => (row % 16 === 0 ? 0 : 2);
    const logits = saying(answer);
    for (const row of labels.keys()) {
      for (const c of [1, 3]) logits[row * CLASSES + c] = Number.NEGATIVE_INFINITY;
    }
    const judged = teacherKnowledge(logits, labels, CLASSES, known);
    expect(judged).toMatchObject({ rowCount: 64, labelledCount: 32, correctCount: 20 });
    expect(binomialTail(32, 20, 1 / 4)).toBeLessThan(1e-3);
    expect(binomialTail(32, 20, 1 / 2)).toBeGreaterThan(1e-3);
    expect(judged.finding).toBe('at-chance');
    expect(judged.meanEntropy).toBeLessThan(Math.log(2));
    const classes = Int32Array.from(labels.keys(), answer);
    expect(finalAnswerKnowledge(classes, labels, CLASSES, known)).toMatchObject({
      labelledCount: 32,
      correctCount: 20,
      finding: 'at-chance',
    });
  });

  it('reports at-chance for 27 of 64 rows right among four classes, and not for 28', () => {
    const right = (count: number) =>
      saying((row) => (row < count ? row % CLASSES : (row + 1) % CLASSES));
    expect(binomialTail(64, 28, 0.25)).toBeLessThan(1e-3);
    expect(binomialTail(64, 27, 0.25)).toBeGreaterThan(1e-3);
    expect(teacherKnowledge(right(28), labels, CLASSES).finding).toBeUndefined();
    expect(teacherKnowledge(right(27), labels, CLASSES).finding).toBe('at-chance');
  });

  it('reports at-chance for 9 of 12 rows right among two classes, and not for 10', () => {
    const twelve = Int32Array.from({ length: 12 }, (_, row) => row % 2);
    const right = (count: number) => twelve.map((label, row) => (row < count ? label : 1 - label));
    expect(binomialTail(12, 11, 0.5)).toBeGreaterThan(1e-3);
    expect([binomialTail(12, 10, 0.5), binomialTail(12, 9, 0.5)].map((p) => p < 0.05)).toEqual([
      true,
      false,
    ]);
    expect(finalAnswerKnowledge(right(10), twelve, 2).finding).toBeUndefined();
    expect(finalAnswerKnowledge(right(9), twelve, 2).finding).toBe('at-chance');
  });

  it('reports at-chance for 40 of 64 rows right among two classes, although p is below 0.05', () => {
    // 40 of 64 with two classes: 0.03 by chance. "Most" means 48, the mean of 1 and 1/2.
    const many = Int32Array.from({ length: 64 }, (_, row) => row % 2);
    const answers = many.map((label, row) => (row < 40 ? label : 1 - label));
    expect(binomialTail(64, 40, 0.5)).toBeLessThan(0.05);
    expect(finalAnswerKnowledge(answers, many, 2).finding).toBe('at-chance');
  });

  it('reports constant when all rows have the same answer, up to rounding noise', () => {
    const same = Float32Array.from({ length: 64 * CLASSES }, (_, i) => (i % CLASSES) + i * 1e-8);
    expect(teacherKnowledge(same, labels, CLASSES).finding).toBe('constant');
  });

  it('reports no finding on four labels, and at-chance on five', () => {
    const wrong = saying((row) => (row + 1) % CLASSES);
    const few = labels.map((label, row) => (row < 4 ? label : -1));
    expect(teacherKnowledge(wrong, few, CLASSES).finding).toBeUndefined();
    const five = labels.map((label, row) => (row < 5 ? label : -1));
    expect(teacherKnowledge(wrong, five, CLASSES).finding).toBe('at-chance');
  });

  it('reports the mean entropy of uniform answers as the log of the class count', () => {
    const uniform = new Float32Array(64 * CLASSES);
    expect(teacherKnowledge(uniform, labels, CLASSES).meanEntropy).toBeCloseTo(Math.log(4), 12);
  });
});

describe('teacher knowledge on uneven classes', () => {
  const ROWS = 200;
  /** Park and Miller's numbers, in [0, 1). */
  const numbers = (seed: number) => {
    let state = seed * 7919;
    return () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
  };
  const uneven = (rare: number) =>
    Int32Array.from({ length: ROWS }, (_, row) => (row < rare ? 1 : 0));
  /** Logits of two classes that hardly ever name the rare class. `shift` is added to its logit on its own rows. */
  const timid = (rare: number, shift: number, seed: number) => {
    const next = numbers(seed);
    return Float32Array.from({ length: 2 * ROWS }, (_, i) => {
      if (i % 2 === 0) return 4;
      const noise = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return noise + ((i - 1) / 2 < rare ? shift : 0);
    });
  };
  const refusals = (rare: number, shift: number) =>
    Array.from({ length: 40 }, (_, i) =>
      teacherKnowledge(timid(rare, shift, i + 1), uneven(rare), 2),
    ).filter(({ finding }) => finding === 'at-chance').length;

  it('reports at-chance for a teacher that nearly always names the commonest class', () => {
    const labels = uneven(20);
    const classes = labels.map((_, row) => (row % 50 === 30 ? 1 : 0));
    const judged = finalAnswerKnowledge(classes, labels, 2);
    expect(judged).toMatchObject({ correctCount: 176, finding: 'at-chance' });
    // 4 answers of class 1 and 196 of class 0: (4 · 20 + 196 · 180) / 200.
    expect(judged.dealtCount).toBeCloseTo(176.8, 12);
    expect(binomialTail(200, 176, 0.5)).toBeLessThan(1e-9);
    expect(refusals(20, 0)).toBeGreaterThan(34);
  });

  it('accepts a weak teacher by the rare rows that it names, or by its probabilities alone', () => {
    const labels = uneven(20);
    const classes = labels.map((_, row) => (row < 4 || row % 50 === 30 ? 1 : 0));
    expect(finalAnswerKnowledge(classes, labels, 2).finding).toBeUndefined();
    // 76 % of all pairs of rows of different classes are in the right order: Φ(1/√2).
    expect(refusals(20, 1)).toBeLessThan(5);
  });

  it('reports no finding with fewer than ten rows of other classes', () => {
    const says = (rare: number) =>
      finalAnswerKnowledge(
        uneven(rare).map((_, row) => (row === 150 ? 1 : 0)),
        uneven(rare),
        2,
      ).finding;
    expect([says(9), says(10)]).toEqual([undefined, 'at-chance']);
  });

  it('considers only rows of the known classes', () => {
    // Classes 0 and 1 of three are known; rows of class 2 do not count.
    const labels = uneven(20).map((label, row) => (row >= 150 ? 2 : label));
    const classes = labels.map((_, row) => (row === 40 ? 1 : 0));
    const judged = finalAnswerKnowledge(classes, labels, 3, [0, 1]);
    expect(judged).toMatchObject({ labelledCount: 150, correctCount: 129, finding: 'at-chance' });
    const logits = Float32Array.from({ length: 3 * ROWS }, (_, i) =>
      i % 3 === 2 ? Number.NEGATIVE_INFINITY : i % 3 === 1 ? (Math.floor(i / 3) < 20 ? 1 : 0) : 2,
    );
    expect(teacherKnowledge(logits, labels, 3, [0, 1]).finding).toBeUndefined();
  });
});

describe('teacherKnowledge of answers', () => {
  /** Gives class `answer(label)` probability `p`, and all others equal ones. */
  const distributions = (answer: (label: number) => number, p = 0.7) =>
    Float32Array.from({ length: 64 * CLASSES }, (_, i) => {
      const label = labels[Math.floor(i / CLASSES)] as number;
      return i % CLASSES === answer(label) ? p : (1 - p) / (CLASSES - 1);
    });
  const judged = (values: Float32Array) => teacherKnowledge(values, labels, CLASSES);

  it('recognises distributions, and does not take logits for them', () => {
    const rows = distributions((label) => label);
    expect(judged(rows).givesDistributions).toBe(true);
    expect(judged(rows.map((value) => Math.log(value))).givesDistributions).toBeUndefined();
    expect(judged(rows.map((value) => 2 * value)).givesDistributions).toBeUndefined();
    // Rows sum to 1, but have numbers outside of [0, 1].
    const shifted = rows.map((value, i) => value + (i % 2 === 0 ? 3 : -3));
    expect(judged(shifted).givesDistributions).toBeUndefined();
    const partial = Float32Array.from({ length: 64 * CLASSES }, (_, i) =>
      i % CLASSES < 2 ? 0.3 + 0.4 * (i % CLASSES) : Number.NEGATIVE_INFINITY,
    );
    expect(teacherKnowledge(partial, labels, CLASSES, [0, 1]).givesDistributions).toBe(true);
  });

  it('reports another order of classes that is right on 10 percentage points more rows', () => {
    const turned = judged(distributions((label) => [1, 2, 0, 3][label] as number));
    expect(turned).toMatchObject({ correctCount: 16, finding: 'at-chance' });
    // The teacher's class 0 means class 2.
    expect(turned.otherOrder).toEqual({ classes: [2, 0, 1, 3], correctCount: 64 });
    expect(judged(distributions((label) => label)).otherOrder).toBeUndefined();
    const swapped = (count: number) =>
      saying((row) => {
        const label = row % CLASSES;
        return row < count && label < 2 ? 1 - label : label;
      });
    // 16 of 32 rows of two classes are wrong; the other order would be wrong on as many.
    expect(judged(swapped(32)).otherOrder).toBeUndefined();
    // 24 of 32: the other order has 16 rows more of 64.
    expect(judged(swapped(48)).otherOrder).toEqual({ classes: [1, 0, 2, 3], correctCount: 56 });
  });

  it('reports no other order with fewer than 40 labelled rows', () => {
    const few = labels.map((label, row) => (row < 39 ? label : -1));
    const turned = distributions((label) => (label + 1) % CLASSES);
    expect(teacherKnowledge(turned, few, CLASSES).otherOrder).toBeUndefined();
    const enough = labels.map((label, row) => (row < 40 ? label : -1));
    expect(teacherKnowledge(turned, enough, CLASSES).otherOrder?.correctCount).toBe(40);
  });
});

describe('another order of the classes', () => {
  it('is accepted by isBetterOrder only if no order fits as well by chance', () => {
    // log 4! = 3.18 and log 1000 = 6.91; 48 · KL(19/48 ‖ 1/4) = 2.5, 48 · KL(26/48 ‖ 1/4) = 9.3, of 27 10.9.
    const ofFour = { rowCount: 48, classCount: 4, presentCount: 11, guessedShare: 1 / 4 };
    const isBelieved = [19, 26, 27, 48].map((rightCount) =>
      isBetterOrder({ ...ofFour, rightCount }),
    );
    expect(isBelieved).toEqual([false, false, true, true]);
    // 300 classes have 10^614 orders. 3,000 rows can show an order that is right on half, not one right on 15 %.
    const ofMany = { rowCount: 3000, classCount: 300, presentCount: 0, guessedShare: 1 / 300 };
    expect(isBetterOrder({ ...ofMany, rightCount: 1500 })).toBe(true);
    expect(isBetterOrder({ ...ofMany, rightCount: 450 })).toBe(false);
  });

  it('is not reported for teachers that guess', () => {
    let found = 0;
    for (let seed = 1; seed <= 200; seed++) {
      // Park and Miller's numbers: the teacher's answers do not depend on the labels.
      let state = seed * 7919;
      const guesses = labels.map(() => {
        state = (state * 48271) % 2147483647;
        return state % CLASSES;
      });
      if (finalAnswerKnowledge(guesses, labels, CLASSES).otherOrder !== undefined) found++;
    }
    expect(found).toBe(0);
  });
});

describe('another order of uneven classes', () => {
  const uneven = Int32Array.from({ length: 64 }, (_, row) => (row < 40 ? 0 : 1 + (row % 3)));

  it('is not reported for a teacher that nearly always names the same class', () => {
    const always = (said: number) =>
      finalAnswerKnowledge(
        uneven.map((_, row) => (row % 32 === 0 ? 1 : said)),
        uneven,
        CLASSES,
      );
    expect(always(0)).toMatchObject({ correctCount: 38 });
    // If class 3 were called 0, it would be right on 38 of 64 rows, far more than a quarter.
    expect(always(3).otherOrder).toBeUndefined();
  });

  it('is reported for a teacher that is right under it on every row', () => {
    const turned = finalAnswerKnowledge(
      uneven.map((label) => (label + 1) % CLASSES),
      uneven,
      CLASSES,
    );
    expect(turned.otherOrder).toEqual({ classes: [3, 0, 1, 2], correctCount: 64 });
  });

  it('is measured against guessedShare, the share that fits by chance', () => {
    expect(guessedShare([10, 10, 10, 10], [37, 1, 1, 1])).toBeCloseTo(1 / 4, 12);
    expect(guessedShare([0, 40, 0, 0], [1, 1, 1, 37])).toBeCloseTo(37 / 40, 12);
    // 3/4 · 1/2 + 1/4 · 1/2.
    expect(guessedShare([1, 3, 0], [0, 2, 2])).toBeCloseTo(1 / 2, 12);
  });
});

describe('finalAnswerKnowledge', () => {
  const knowledge = (classes: Int32Array) => finalAnswerKnowledge(classes, labels, CLASSES);

  it('reports counts and findings, and no entropy', () => {
    expect(knowledge(labels)).toEqual({ rowCount: 64, labelledCount: 64, correctCount: 64 });
    expect(knowledge(labels.map((label) => (label + 1) % CLASSES)).finding).toBe('at-chance');
    expect(knowledge(labels.map(() => 2)).finding).toBe('constant');
  });
});
