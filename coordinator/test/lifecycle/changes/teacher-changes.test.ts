// What a run record keeps of its teachers, and which teachers fail a run.
import { describe, expect, it } from 'vitest';
import * as changes from '../../../src/lifecycle/changes/index.js';
import {
  parseRunRecord,
  type RunRecord,
  runRecordText,
  type WorkerEnvironment,
} from '../../../src/runs/record/run-record.js';
import { changed, digest, training } from './training-run.js';

describe('a run record with teachers', () => {
  it('counts the samples of canaries by teacher', () => {
    const paid = changed(changes.canariesPaid(training(), 'box', 128));
    expect(changes.canariesPaid(paid, 'box', 128)).toBeUndefined();
    const more = changed(
      changes.canariesPaid(changed(changes.canariesPaid(paid, 'other', 40)), 'box', 256),
    );
    expect(more.canarySamples).toEqual({ box: 256, other: 40 });
    expect(parseRunRecord(runRecordText(more))).toEqual(more);
  });

  it("may have a teacher named 'constructor'", () => {
    const sound = { rowCount: 4, labelledCount: 4, correctCount: 3 };
    const judge = (record: RunRecord, name: string) =>
      changed(changes.teacherJudged(record, name, sound, ['a', 'b'], 3_000));
    const both = judge(judge(training(), 'box'), 'constructor');
    expect(Object.entries(both.teacherKnowledge ?? {})).toEqual([
      ['box', sound],
      ['constructor', sound],
    ]);
    expect(parseRunRecord(runRecordText(both))).toEqual(both);
  });

  it('keeps a note once, at most 32 warnings, and no note after its end', () => {
    const note = { warning: 'one lies', bitExactException: 'one lies in bits' };
    const noted = changed(changes.noted(training(), note));
    expect(noted.teacherNotes).toEqual({
      warnings: ['one lies'],
      bitExactExceptions: ['one lies in bits'],
    });
    expect(changes.noted(noted, { warning: 'one lies' })).toBeUndefined();
    expect(changes.noted({ ...noted, state: 'FAILED' }, { warning: 'two' })).toBeUndefined();
    let full = noted;
    for (let n = 1; n < 32; n++) full = changed(changes.noted(full, { warning: `${n}` }));
    expect(changes.noted(full, { warning: 'one more' })).toBeUndefined();
  });

  it('keeps each teacher worker once, and up to 128; of one kind 64', () => {
    const worker = (id: number, device = 'cpu'): WorkerEnvironment => ({
      workerId: `worker-${id}`,
      version: '1',
      engine: 'native',
      engineVersion: '2',
      computeThreads: 4,
      device,
    });
    const keep = (record: RunRecord, one: WorkerEnvironment) =>
      changes.answeredBy(record, one) ?? record;
    let record = changed(changes.answeredBy(training(), worker(0)));
    expect(record.teacherWorkers).toEqual([worker(0)]);
    expect(changes.answeredBy(record, worker(0))).toBeUndefined();
    expect(changes.answeredBy({ ...record, state: 'FAILED' }, worker(1))).toBeUndefined();
    for (let id = 1; id < 200; id++) record = keep(record, worker(id));
    expect(record.teacherWorkers).toHaveLength(64);
    for (let id = 200; id < 400; id++) record = keep(record, worker(id, `device ${id}`));
    expect(record.teacherWorkers).toHaveLength(128);
    expect(parseRunRecord(runRecordText(record))).toEqual(record);
  });

  it('takes a marked report only if it has SUCCEEDED', () => {
    const report = { reportDigest: digest, predictionsDigest: digest };
    const ended: RunRecord = { ...training(), state: 'SUCCEEDED' };
    const marked = changed(changes.marked(ended, report, 'one is suspect'));
    expect(marked.report).toEqual(report);
    expect(marked.teacherNotes).toEqual({
      warnings: ['one is suspect'],
      bitExactExceptions: ['one is suspect'],
    });
    expect(changes.marked(training(), report, 'one is suspect')).toBeUndefined();
  });

  it('keeps the first digest of each probe', () => {
    const probed = changed(changes.probed(training(), { a: digest }));
    const other = 'cd'.repeat(32);
    expect(changes.probed(probed, { a: other })).toBeUndefined();
    expect(changes.probed(probed, { a: other, b: other })?.probeDigests).toEqual({
      a: digest,
      b: other,
    });
  });
});

describe('a teacher no better than chance', () => {
  const knowledge = {
    rowCount: 4,
    labelledCount: 4,
    correctCount: 1,
    finding: 'at-chance',
  } as const;
  const told =
    'teacher one is no better than chance: right on 1 of 4 labelled samples of its probe';
  const advice = '; coordinator models check tells whether it wants its inputs otherwise';
  const judged = (teacherHealth: object): RunRecord => {
    const record = training();
    const spec = { ...record.specification.spec, teacherHealth };
    const specification = { ...record.specification, spec } as RunRecord['specification'];
    return changed(
      changes.teacherJudged({ ...record, specification }, 'one', knowledge, ['a', 'b'], 3_000),
    );
  };

  it('is noted as one warning by atChance: warn', () => {
    const record = judged({ atChance: 'warn' });
    expect(record).toMatchObject({ state: 'TRAINING', teacherKnowledge: { one: knowledge } });
    expect(record.teacherNotes?.warnings).toEqual([`${told}${advice}`]);
    expect(changes.teacherJudged(record, 'one', knowledge, ['a', 'b'], 4_000)).toBeUndefined();
  });

  it('fails a run with a reason that names the expected count of randomly dealt labels', () => {
    const uneven = { ...knowledge, labelledCount: 200, correctCount: 176, dealtCount: 176.84 };
    const record = changed(
      changes.teacherJudged(
        { ...training(), teacherKnowledge: undefined },
        'one',
        uneven,
        ['a', 'b'],
        1,
      ),
    );
    expect(record.reason).toContain(
      'teacher one is no better than chance: right on 176 of 200 labelled samples of its probe, and on 176.8 on average if the same labels are dealt to the samples at random; coordinator models check tells',
    );
  });

  it('fails the run by atChance: refuse', () => {
    expect(judged({ atChance: 'refuse' })).toMatchObject({
      state: 'FAILED',
      reason: `${told}${advice}; to train with it all the same, spec.teacherHealth.accept: [one]`,
      endedAtMs: 3_000,
    });
  });

  it('is noted as a warning by atChance: refuse if spec.teacherHealth.accept names it', () => {
    const record = judged({ atChance: 'refuse', accept: ['one'] });
    expect(record.state).toBe('TRAINING');
    expect(record.teacherNotes?.warnings).toEqual([
      `${told}, and spec.teacherHealth.accept accepts it all the same${advice}`,
    ]);
  });
});
