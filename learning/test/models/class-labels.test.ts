/**
 * Class names as real files hold them: scikit-learn models that skl2onnx wrote, and texts as Hugging Face, Ultralytics
 * and Teachable Machine write them, copied by hand.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Problem } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import { readOnnx } from '../../src/formats/onnx/onnx-file.js';
import { encodeOnnxPackage, onnxPackageOf } from '../../src/formats/onnx/onnx-package.js';
import { readOnnxModel } from '../../src/formats/onnx/read-onnx-file.js';
import { describePackagedModel, parsePackagedModel } from '../../src/formats/packaged-model.js';
import { agreedClasses, labelsInMetadata, namesInText } from '../../src/models/class-labels.js';
import { classOrder, knownClassesOf, settingsOnSet } from '../../src/models/class-order.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/onnx/${name}.onnx`, import.meta.url));

const NUMBERS = Array.from({ length: 11 }, (_, c) => String(c));
/** In the order of scikit-learn: "10" before "2". */
const SORTED = ['0', '1', '10', '2', '3', '4', '5', '6', '7', '8', '9'];
const WORDS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
];

const setOf = (classNames: readonly string[]) => ({ classNames, classCount: classNames.length });
const order = (classes: readonly string[], classNames: readonly string[]) => [
  ...(classOrder({ output: 'logits', classes }, setOf(classNames)) ?? []),
];

describe('an ONNX file of scikit-learn', () => {
  it.each([
    ['sklearn-forest-strings', SORTED, "TreeEnsembleClassifier's classlabels_strings"],
    ['sklearn-linear-strings', SORTED, "LinearClassifier's classlabels_strings"],
    ['sklearn-linear-ints', NUMBERS, "LinearClassifier's classlabels_ints"],
    ['sklearn-perceptron-strings', SORTED, 'its table classes'],
    ['sklearn-neighbours-strings', SORTED, 'its table blab_ArrayFeatureExtractorcst'],
    // Inner classifiers, which number the classes, are ignored.
    ['sklearn-vote-strings', SORTED, 'its table classes'],
    ['sklearn-stack-strings', SORTED, 'its table stack_classes'],
    ['sklearn-vote-zipmap', SORTED, "ZipMap's classlabels_strings"],
    ['sklearn-stack-zipmap', SORTED, "ZipMap's classlabels_strings"],
  ])('%s: its package has its class labels in the order of its output', (name, names, source) => {
    expect(readOnnx(readFileSync(fixture(name)), name).labels).toEqual([{ names, source }]);
    const model = readOnnxModel(fixture(name), { output: 'probabilities' });
    expect(model.settings.classes).toEqual(names);
    expect(parsePackagedModel(encodeOnnxPackage(model)).model.settings.classes).toEqual(names);
  });

  it('has the class labels of a ZipMap at the end of the graph', () => {
    const { labels } = readOnnx(readFileSync(fixture('zipmap')), 'zipmap');
    expect(labels).toEqual([
      { names: ['0', '1', '2', '3', '4'], source: "ZipMap's classlabels_int64s" },
    ]);
  });

  it('has the numbers of its trees or coefficients as parameters', () => {
    const { parameterCount, weightBytes } = describePackagedModel({
      format: 'onnx',
      model: readOnnxModel(fixture('sklearn-forest-strings'), { output: 'probabilities' }),
    });
    // Values of nodes and weights of classes, as counted by the Python package onnx.
    expect(parameterCount).toBe(FOREST_FLOATS);
    // Bytes of all attributes, whole numbers included, as the Python package onnx writes them.
    expect(weightBytes).toBe(6827);
    const linear = readOnnx(readFileSync(fixture('sklearn-linear-strings')), 'linear');
    // 11 classes with 4 coefficients and an intercept each.
    expect(linear.parameterCount).toBe(55);
  });

  it('is refused when its class labels contradict the settings, with both orders', () => {
    const file = readFileSync(fixture('sklearn-forest-strings'));
    const read = (classes: string[]) => onnxPackageOf(file, { output: 'probabilities', classes });
    expect(() => read(NUMBERS)).toThrow(
      "classes: are 0, 1, 2, 3, 4, 5, … by its settings, and 0, 1, 10, 2, 3, 4, … by TreeEnsembleClassifier's classlabels_strings: output 2 is 2 by the one and 10 by the other; take classes out of the settings, or mend the other",
    );
    expect(read(SORTED).settings.classes).toEqual(SORTED);
    // Names instead of numbers are no contradiction.
    expect(read(WORDS).settings.classes).toEqual(WORDS);
  });
});

const FOREST_FLOATS = 69 + 396;

describe('namesInText', () => {
  it.each([
    ['{"0": "cat", "1": "dog"}'],
    ['{"1": "dog", "0": "cat"}'],
    ["{0: 'cat', 1: 'dog'}"],
    ['["cat", "dog"]'],
    ["['cat', 'dog']"],
    ["[np.str_('cat'), np.str_('dog')]"],
    ["{0: np.str_('cat'), 1: np.str_('dog')}"],
    ['cat\ndog\n'],
    ['cat\r\ndog'],
    ['cat, dog'],
  ])('reads %j as cat and dog', (text) => {
    expect(namesInText(text)).toEqual(['cat', 'dog']);
  });

  it.each([
    ['a number without an end', `{${'1'.repeat(4e6)}`],
    ['a quote without an end', `['${"\\'".repeat(2e6)}`],
    ['quotes in a row', `[${'"'.repeat(4e6)}`],
  ])('returns undefined for a long text with %s', (_, text) => {
    expect(namesInText(text)).toBeUndefined();
  });

  it('reads names with quotes as Python writes them', () => {
    expect(namesInText(`{0: "dog's", 1: 'a "cat"', 2: 'it\\'s'}`)).toEqual([
      "dog's",
      'a "cat"',
      "it's",
    ]);
  });

  it.each([
    ['cat'],
    ['cat\ncat'],
    ['{"0": "cat", "2": "dog"}'],
    ['{"cat": 0, "dog": 1}'],
    ['{"0": {}, "1": []}'],
    ['{0: '],
    [''],
    ['{"999999999999": "cat", "0": "dog"}'],
  ])('finds no names in %j', (text) => {
    expect(namesInText(text)).toBeUndefined();
  });

  it('labelsInMetadata reads the usual keys of exporters, and ignores generated names', () => {
    expect(
      labelsInMetadata(
        [
          ['producer', 'x'],
          ['names', "{0: 'a', 1: 'b'}"],
        ],
        'at ',
      ),
    ).toEqual({
      names: ['a', 'b'],
      source: 'at names',
    });
    expect(labelsInMetadata([['id2label', { 0: 'LABEL_0', 1: 'LABEL_1' }]], '')).toBeUndefined();
  });
});

describe('agreedClasses', () => {
  const agreed = (given: string[] | undefined, lists: string[][], classCount?: number) => {
    const problems: Problem[] = [];
    const found = lists.map((names, place) => ({ names, source: `place ${place}` }));
    return agreedClasses(given, found, classCount, problems) ?? problems.map((p) => p.message);
  };

  it('returns the classes on which all places agree, and reports a contradiction', () => {
    expect(
      agreed(undefined, [
        ['a', 'b'],
        ['a', 'b'],
      ]),
    ).toEqual(['a', 'b']);
    expect(agreed(['x', 'y'], [['a', 'b']])).toEqual(['x', 'y']);
    expect(
      agreed(undefined, [
        ['a', 'b'],
        ['b', 'a'],
      ]),
    ).toEqual([
      'are a, b by place 0, and b, a by place 1: output 0 is a by the one and b by the other; say in the settings which of the two they are, and take the other out of the file',
    ]);
  });

  it('ignores lists whose length is not the class count', () => {
    expect(
      agreed(
        undefined,
        [
          ['a', 'b', 'c'],
          ['x', 'y'],
        ],
        2,
      ),
    ).toEqual(['x', 'y']);
    expect(agreed(undefined, [['a', 'b', 'c']], 2)).toEqual([]);
  });
});

describe('the classes of a model on a data set', () => {
  it('are matched by name, in any order', () => {
    expect(order(SORTED, NUMBERS)).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 2]);
  });

  it('are taken as class numbers where the data set has names', () => {
    expect(order(SORTED, WORDS)).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 2]);
    expect(order(NUMBERS, WORDS)).toEqual([...NUMBERS.keys()]);
    // The set has no class 3.
    expect(() => order(['0', '3'], ['cat', 'dog'])).toThrow(
      "its classes have 0 of the data set's 2, and want 2 at least; they lack cat, dog, and the data set lacks 0, 3",
    );
  });

  it('with another spelling are refused by name', () => {
    expect(() =>
      order(['cat', 'dog', 'Bird', 'sea_lion'], ['cat', 'dog', 'bird', 'Sea lion']),
    ).toThrow(
      'its classes have Bird for bird, sea_lion for Sea lion; name the classes in its settings as the data set does',
    );
    expect(() => order(['1', '2.0', '3'], ['1', '2', '3'])).toThrow('have 2.0 for 2;');
  });

  it('are left out of the settings where they equal those of the data set in order', () => {
    const on = (classes: readonly string[], classNames: readonly string[]) =>
      settingsOnSet({ output: 'logits', classes }, setOf(classNames)).classes;
    expect(on(['cat', 'dog'], ['cat', 'dog'])).toBeUndefined();
    expect(on(['0', '1'], ['cat', 'dog'])).toBeUndefined();
    expect(on(['dog', 'cat'], ['cat', 'dog'])).toEqual(['dog', 'cat']);
    // The model has one output more than the data set has classes.
    expect(on(['cat', 'dog', 'eel'], ['cat', 'dog'])).toEqual(['cat', 'dog', 'eel']);
    expect(settingsOnSet({ output: 'logits' }, setOf(['cat', 'dog']))).toEqual({
      output: 'logits',
    });
  });

  it('may include unknown ones, and lack some of the data set', () => {
    expect(order(['fish', 'dog', 'cat'], ['cat', 'dog'])).toEqual([2, 1]);
    const settings = { output: 'logits', classes: ['dog', 'cat', 'fish'] } as const;
    expect(knownClassesOf(settings, setOf(['cat', 'dog', 'bird']))).toEqual([0, 1]);
  });
});

it('agreedClasses compares a long list with 20,000 short ones quickly', () => {
  const names = (from: string, count: number) =>
    Array.from({ length: count }, (_, n) => `${from}${n}`);
  const long = names('a', 60_000);
  const short = Array.from({ length: 20_000 }, () => ({ names: names('b', 2), source: 'it' }));
  const problems: Problem[] = [];
  expect(agreedClasses(long, short, undefined, problems)).toEqual(long);
  const other = { names: ['b0', 'a0'], source: 'another' };
  expect(agreedClasses(long, [...short, other], undefined, problems)).toBeUndefined();
  expect(problems[0]?.message).toContain('output 1 is a1 by the one and a0 by the other');
}, 10_000);
