/** A thread for the tests of `Thread`: answers, fails and dies as the test tells it. */
import { offerToOwner } from '@lyceum/platform/threads';
import { InvalidDocumentError, LyceumError } from '@lyceum/proto';

class OddError extends LyceumError {
  /** @param {number} weight */
  constructor(weight) {
    super('ABORTED', 'it is odd');
    this.weight = weight;
  }
}

const owner = offerToOwner({
  /** @param {number} a @param {number} b */
  add: (a, b) => a + b,
  /** @param {'lyceum' | 'document' | 'odd' | 'bug'} what */
  fail(what) {
    if (what === 'lyceum') throw new LyceumError('NOT_FOUND', 'it is not there');
    if (what === 'document')
      throw new InvalidDocumentError('x', [{ path: 'a', message: 'is bad' }]);
    if (what === 'odd') throw new OddError(7);
    throw new TypeError('a bug');
  },
  /** @param {string} question */
  askOwner: async (question) => `the owner says ${await owner.call('reply', question)}`,
  /** @param {number} count */
  count(count) {
    for (let i = 1; i <= count; i++) owner.tell('counted', i);
  },
  never: () => new Promise(() => {}),
  hang() {
    for (;;);
  },
  exit: () => process.exit(3),
  fillMemory() {
    const all = [];
    for (;;) all.push(new Array(10_000).fill({ a: 1 }).map((x) => ({ ...x })));
  },
  throwLater: (message) =>
    new Promise(() => {
      setTimeout(() => {
        throw new Error(message);
      }, 1);
    }),
});
