/** The cases of the alerts, which promtool runs where it is installed. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (name: string) => parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

interface AlertCase {
  readonly alertname: string;
  readonly exp_alerts?: readonly unknown[];
}

const rules: { alert: string }[] = read('../components/prometheus/rules.yaml').spec.groups.flatMap(
  (group: { rules: unknown[] }) => group.rules,
);
const cases: AlertCase[] = read('alerts.promtool.yaml').tests.flatMap(
  (one: { alert_rule_test: unknown[] }) => one.alert_rule_test,
);

test.each(rules)('$alert has a case that fires and one that does not', ({ alert }) => {
  const own = cases.filter(({ alertname }) => alertname === alert);
  const fires = own.map(({ exp_alerts = [] }) => exp_alerts.length > 0);
  expect(fires.toSorted()).toEqual(expect.arrayContaining([false, true]));
});

test('every case is of an existing alert', () => {
  const names = rules.map(({ alert }) => alert);
  expect(cases.filter(({ alertname }) => !names.includes(alertname))).toEqual([]);
});
