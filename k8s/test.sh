#!/usr/bin/env bash
# Runs the demo's main job on the cluster that kubectl points to, and checks the result.
#
#   kubectl apply -k k8s/overlays/cpu && k8s/test.sh [--disturb] [OUTPUT FOLDER]
#
# First the pod of k8s/client must reach the coordinator, a pod without its label must not.
#
# --disturb: then pods are deleted during a run, one after the other: teacher and student workers, coordinator and
# NATS. The run's weights must be those of the same run undisturbed; see disturb.mjs. Then all workloads are
# restarted, which needs no spare GPU. At last NATS is away while the other programs start: they must wait for NATS
# without a restart.
#
# Needs kubectl and what `npm run demo` needs. Where the cluster wants certificates: LYCEUM_TLS_DIR, and the secret
# tls-client. Reaches the coordinator by kubectl port-forward; everything else happens in the pods. Runs get a suffix
# of their own, so that the test can be repeated.
set -euo pipefail
cd "$(dirname "$0")/.."
namespace=lyceum
disturb=false
if [ "${1:-}" = --disturb ]; then disturb=true; shift; fi
out=${1:-$(mktemp -d)}
suffix=$(date +%s)

workloads=(statefulset/nats statefulset/coordinator deployment/teacher-worker deployment/student-worker)
programs=("${workloads[@]:1}")

ready() {
  for workload in "$@"; do kubectl -n $namespace rollout status "$workload" --timeout=300s; done
}

# Whether a command succeeds within 120 s.
within_two_minutes() {
  for _ in $(seq 120); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 1
  done
  echo "NOT OK: still fails: $*" >&2
  return 1
}

in_client() { kubectl -n $namespace exec pod/client -- "$@"; }

# Names of the pods that are not ready, of coordinator and workers.
unready() {
  kubectl -n $namespace get pods -l 'app.kubernetes.io/name in (coordinator, teacher-worker, student-worker)' \
    -o jsonpath='{range .items[?(@.status.containerStatuses[0].ready==false)]}{.metadata.name}{"\n"}{end}'
}

restarts() {
  kubectl -n $namespace get pods -l 'app.kubernetes.io/name in (coordinator, teacher-worker, student-worker)' \
    -o jsonpath='{range .items[*]}{.status.containerStatuses[0].restartCount}{"\n"}{end}' | awk '{n += $1} END {print n + 0}'
}

ready "${workloads[@]}"

# ---------------------------------------------------------------- ways in
client=k8s/client
if [ -n "${LYCEUM_TLS_DIR:-}" ]; then client=k8s/client-tls; fi
kubectl -n $namespace delete pod client --ignore-not-found
kubectl apply -k $client
kubectl -n $namespace wait --for=condition=Ready pod/client --timeout=120s
within_two_minutes in_client coordinator workers
in_client coordinator workers
echo 'ok: the pod with the label reaches the coordinator'
kubectl -n $namespace label pod client lyceum.dev/client-
refused() { ! in_client timeout 10 coordinator workers; }
within_two_minutes refused
echo 'ok: without the label it does not'
kubectl -n $namespace label pod client lyceum.dev/client=true
if kubectl -n $namespace get service inference >/dev/null 2>&1 && [ -z "${LYCEUM_TLS_DIR:-}" ]; then
  within_two_minutes in_client node -e \
    'fetch("http://inference:8000/v2/health/live").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))'
  echo 'ok: it reaches the models that are served'
fi

# ---------------------------------------------------------------- the demo's main job

mkdir -p "$out"
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
address=127.0.0.1:$port
# `kubectl port-forward` ends with the pod that it forwards to, so it is started again until this script ends.
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

if ! $disturb; then exit; fi

# ---------------------------------------------------------------- pods taken away
node k8s/disturb.mjs "$address" "$suffix"

# ---------------------------------------------------------------- everything restarted
kubectl -n $namespace rollout restart "${workloads[@]}"
ready "${workloads[@]}"
within_two_minutes in_client coordinator workers
echo 'ok: all workloads were restarted'

# ---------------------------------------------------------------- NATS comes last
kubectl -n $namespace scale statefulset/nats --replicas 0
kubectl -n $namespace wait --for=delete pod/nats-0 --timeout=120s
kubectl -n $namespace rollout restart "${programs[@]}"
all_unready() { [ "$(unready | wc -l)" -ge 3 ]; }
within_two_minutes all_unready
sleep 60
[ "$(restarts)" = 0 ] || { echo "NOT OK: $(restarts) restarts while NATS is away"; exit 1; }
kubectl -n $namespace scale statefulset/nats --replicas 1
ready "${workloads[@]}"
within_two_minutes in_client coordinator workers
[ "$(restarts)" = 0 ] || { echo "NOT OK: $(restarts) restarts once NATS is back"; exit 1; }
echo 'ok: the programs waited for NATS'
