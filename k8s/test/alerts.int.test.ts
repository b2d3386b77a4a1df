/** The alerts as Prometheus itself reads them, where its `promtool` is on PATH; elsewhere this is left out. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';

const RULES = fileURLToPath(new URL('../components/prometheus/rules.yaml', import.meta.url));
const CASES = fileURLToPath(new URL('alerts.promtool.yaml', import.meta.url));

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

it.skipIf(!hasPromtool)(
  'each alert fires when it should, says what is wrong, and not before',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'lyceum-alerts-'));
    try {
      writeFileSync(join(folder, 'rules.yaml'), stringify(parse(readFileSync(RULES, 'utf8')).spec));
      copyFileSync(CASES, join(folder, 'cases.yaml'));
      const { stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'cases.yaml'], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(`${stdout}${stderr}`).toMatch(/SUCCESS\s*$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
