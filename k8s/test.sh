#!/usr/bin/env bash
# Does the demo's main job on whatever cluster kubectl points to, and checks what came of it.
#
#   kubectl apply -k k8s/overlays/cpu && k8s/test.sh [--disturb] [OUTPUT FOLDER]
#
# --disturb: then a run whose pods are taken away one after the other, teacher and student workers, coordinator and
# NATS; its weights must be those of the same run left alone. See disturb.mjs.
#
# Needs kubectl and what `npm run demo` needs, and LYCEUM_TLS_DIR where the cluster wants certificates. Reaches the
# coordinator by kubectl port-forward; everything else happens in the pods. Runs get a suffix of their own, so that it
# can be repeated.
set -euo pipefail
cd "$(dirname "$0")/.."
namespace=lyceum
disturb=false
if [ "${1:-}" = --disturb ]; then disturb=true; shift; fi
out=${1:-$(mktemp -d)}
suffix=$(date +%s)

for workload in statefulset/nats statefulset/coordinator deployment/teacher-worker deployment/student-worker; do
  kubectl -n $namespace rollout status "$workload" --timeout=300s
done

mkdir -p "$out"
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
address=127.0.0.1:$port
# It ends with the pod that it forwards to, so it is started again until this script ends.
while sleep 0.2; do
  kubectl -n $namespace port-forward pod/coordinator-0 "$port:7700" >>"$out/port-forward.log" 2>&1 || true
done &
forward=$!
trap 'pkill -P $forward 2>/dev/null || true; kill $forward 2>/dev/null || true' EXIT
for _ in $(seq 100); do
  grep -q '^Forwarding from' "$out/port-forward.log" 2>/dev/null && break
  sleep 0.2
done

npm run demo -- --coordinator "$address" --suffix "$suffix" --out "$out"

node --input-type=module - "$out/report.json" <<'JS'
import { readFileSync } from 'node:fs';
const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { student, studentWithoutTeachers: alone, teachers } = report;
const checks = {
  'three teachers': teachers.length === 3,
  'the student reaches 0.90': student.accuracy >= 0.9,
  'and is 5 points above itself without teachers': student.accuracy - alone.accuracy >= 0.05,
  'the run is bit-exact': report.bitExact,
};
for (const [what, holds] of Object.entries(checks)) console.log(`${holds ? 'ok' : 'NOT OK'}: ${what}`);
process.exit(Object.values(checks).every(Boolean) ? 0 : 1);
JS

if $disturb; then node k8s/disturb.mjs "$address" "$suffix"; fi
