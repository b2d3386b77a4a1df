/**
 * What can be read from the overlays without a cluster: they are built with kubectl's kustomize, and objects are
 * compared with what the pages promise. What only a cluster can show, `k8s/test.sh` does.
 */
import { workerCommand } from '@lyceum/platform/worker';
import { describe, expect, it } from 'vitest';
import { PROBE_LIMIT_MS, PROGRAM_LIMIT_MS } from '../../bench/src/gpu-check/conditions.js';
import { built, builtOwn, hasKubectl, type KubernetesObject, only } from './kustomize.js';

const OVERLAYS = ['overlays/cpu', 'overlays/gpu', 'overlays/cpu-tls', 'overlays/gpu-tls'];
const CLUSTER_KINDS = ['Namespace'];
const CLIENT = { matchLabels: { 'lyceum.dev/client': 'true' } };

/** Labels of a pod that runs a workload. */
const podOf = (name: string) => ({ 'app.kubernetes.io/name': name });

describe.skipIf(!hasKubectl)('Kubernetes overlays', () => {
  describe.each(OVERLAYS)('%s', (overlay) => {
    const objects = hasKubectl ? built(overlay) : [];

    it('puts everything into the namespace lyceum', () => {
      expect(outside(objects, 'lyceum')).toEqual([]);
    });

    it('replaces workers one at a time, without one pod more', () => {
      for (const name of ['teacher-worker', 'student-worker']) {
        const { strategy } = only(objects, 'Deployment', name).spec;
        expect(strategy).toEqual({
          type: 'RollingUpdate',
          rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
        });
      }
    });

    it("requires CUDA where it gives a GPU, and keeps the driver's compile cache", () => {
      const hasGpu = overlay.includes('gpu');
      for (const name of ['teacher-worker', 'student-worker']) {
        const pod = workload(objects, name);
        const { LYCEUM_DEVICE, CUDA_CACHE_PATH = '' } = environment(pod);
        expect(LYCEUM_DEVICE).toBe(hasGpu ? 'cuda' : undefined);
        const isKept = Object.keys(mounts(pod)).some((path) =>
          CUDA_CACHE_PATH.startsWith(`${path}/`),
        );
        expect(isKept).toBe(hasGpu);
      }
    });

    it('sets no replicas of workers, so that scaling is kept', () => {
      for (const name of ['teacher-worker', 'student-worker']) {
        expect(only(objects, 'Deployment', name).spec).not.toHaveProperty('replicas');
      }
    });

    it('lets clients connect to the coordinator only, and other pods not to it', () => {
      const pod = { 'lyceum.dev/client': 'true' };
      expect(mayConnect(objects, pod, podOf('coordinator'), 7700)).toBe(true);
      expect(mayConnect(objects, pod, podOf('nats'), 4222)).toBe(false);
      expect(mayConnect(objects, pod, podOf('teacher-worker'), 8080)).toBe(false);
      expect(mayConnect(objects, {}, podOf('coordinator'), 7700)).toBe(false);
    });

    it('has a service that leads to the first pod of NATS only', () => {
      const { name } = only(objects, 'StatefulSet', 'nats').metadata;
      expect(only(objects, 'Service', 'nats').spec.selector).toEqual({
        ...podOf('nats'),
        'statefulset.kubernetes.io/pod-name': `${name}-0`,
      });
    });

    it('serves the dashboard on loopback only, and lets no pod connect to it', () => {
      const env = environment(workload(objects, 'coordinator'));
      expect(env['LYCEUM_DASHBOARD']).toBe('127.0.0.1:7780');
      for (const { spec } of objects.filter(({ kind }) => kind === 'Service')) {
        const ports = (spec.ports as { port: number; targetPort?: unknown }[]).map(
          ({ port, targetPort }) => [port, targetPort],
        );
        expect(ports.flat()).not.toContain(7780);
      }
      for (const pod of [{ 'lyceum.dev/client': 'true' }, podOf('teacher-worker')]) {
        expect(mayConnect(objects, pod, podOf('coordinator'), 7780)).toBe(false);
      }
    });

    it('lets workers reach NATS and the coordinator, and pods without a label not NATS', () => {
      for (const name of ['teacher-worker', 'student-worker', 'coordinator']) {
        expect(mayConnect(objects, podOf(name), podOf('nats'), 4222)).toBe(true);
      }
      for (const name of ['teacher-worker', 'student-worker']) {
        expect(mayConnect(objects, podOf(name), podOf('coordinator'), 7700)).toBe(true);
      }
      expect(mayConnect(objects, {}, podOf('nats'), 4222)).toBe(false);
    });

    it('fits the restricted Pod Security standard', () => {
      for (const pod of pods([...objects, ...built('client')])) {
        expect(pod.securityContext.runAsNonRoot).toBe(true);
        expect(pod.securityContext.seccompProfile).toEqual({ type: 'RuntimeDefault' });
        expect(pod.automountServiceAccountToken).toBe(false);
        for (const { securityContext } of pod.containers) {
          expect(securityContext.allowPrivilegeEscalation).toBe(false);
          expect(securityContext.capabilities).toEqual({ drop: ['ALL'] });
        }
      }
    });
  });

  it('set LYCEUM_INSECURE only where there are no certificates', () => {
    for (const overlay of OVERLAYS) {
      const hasTls = overlay.endsWith('-tls');
      for (const name of ['teacher-worker', 'student-worker', 'coordinator']) {
        const env = environment(workload(built(overlay), name));
        expect(env['LYCEUM_INSECURE'], `${overlay} ${name}`).toBe(hasTls ? undefined : 'true');
        expect(env['LYCEUM_TLS_DIR'], `${overlay} ${name}`).toBe(
          hasTls ? '/var/run/tls' : undefined,
        );
      }
    }
  });

  describe("a user's overlay", () => {
    const own = (base: string, more = '') =>
      builtOwn(
        `resources: [K8S/overlays/${base}]
components: [K8S/components/remote-teachers, K8S/components/serve-models]
${more}`,
      );

    it.each(['cpu', 'cpu-tls'])('takes components beside %s', (base) => {
      const objects = own(base);
      expect(outside(objects, 'lyceum')).toEqual([]);
      only(objects, 'NetworkPolicy', 'remote-teachers');
      only(objects, 'Service', 'inference');
      const env = environment(workload(objects, 'teacher-worker'));
      expect(env['LYCEUM_INFERENCE']).toBe('0.0.0.0:8001');
    });

    it('with gpu-check has a job that fails with its checks, in a restricted pod', () => {
      const objects = builtOwn(
        'resources: [K8S/overlays/gpu]\ncomponents: [K8S/components/gpu-check]\nnamespace: team-a',
      );
      expect(outside(objects, 'team-a')).toEqual([]);
      const { backoffLimit, activeDeadlineSeconds, template } = only(
        objects,
        'Job',
        'gpu-check',
      ).spec;
      const [container] = template.spec.containers;
      expect(container).not.toHaveProperty('args');
      expect(activeDeadlineSeconds * 1000).toBeGreaterThan(4 * PROBE_LIMIT_MS);
      expect([backoffLimit, template.spec.restartPolicy]).toEqual([0, 'Never']);
      expect(container.resources.limits['nvidia.com/gpu']).toBe('1');
      expect(template.spec.securityContext.runAsNonRoot).toBe(true);
      expect(container.securityContext.readOnlyRootFilesystem).toBe(true);
    });

    it('with gpu-check-full gives the job more time, and room for a cluster', () => {
      const objects = builtOwn(
        'resources: [K8S/overlays/gpu]\ncomponents: [K8S/components/gpu-check-full]',
      );
      const { activeDeadlineSeconds, template } = only(objects, 'Job', 'gpu-check').spec;
      const [container] = template.spec.containers;
      expect(container.args).toEqual(['--full']);
      expect(container.resources.limits['nvidia.com/gpu']).toBe('1');
      expect(activeDeadlineSeconds * 1000).toBeGreaterThan(
        4 * PROBE_LIMIT_MS + 2 * PROGRAM_LIMIT_MS,
      );
      const { emptyDir } = volume(template.spec, mounts(template.spec)['/tmp']?.name);
      expect(emptyDir.sizeLimit).toBe('8Gi');
    });

    it('lists private addresses of teachers, and none without the component remote-teachers', () => {
      const listed = (objects: readonly KubernetesObject[], name: string) => {
        const { containers } = workload(objects, name);
        const found = (containers[0].env as { name: string; valueFrom?: object }[]).find(
          (variable) => variable.name === 'LYCEUM_ALLOW_ADDRESSES',
        );
        if (found === undefined) return undefined;
        const { configMapKeyRef } = found.valueFrom as {
          configMapKeyRef: { name: string; key: string };
        };
        const { name: map, key } = configMapKeyRef;
        return only(objects, 'ConfigMap', map).data?.[key];
      };
      const ours = `patches:
  - target: { kind: ConfigMap, name: remote-teachers }
    patch: '[{ "op": "replace", "path": "/data/allow-addresses", "value": "10.0.0.7" }]'`;
      for (const name of ['coordinator', 'teacher-worker']) {
        expect(listed(built('overlays/cpu'), name)).toBeUndefined();
        expect(listed(own('cpu'), name)).toBe('10.96.0.0/12,10.244.0.0/16,10.42.0.0/15');
        expect(listed(own('cpu', ours), name)).toBe('10.0.0.7');
      }
      expect(listed(own('cpu'), 'student-worker')).toBeUndefined();
    });

    it('lets coordinator and teacher workers reach servers with the label in their own namespace', () => {
      const server = { 'lyceum.dev/inference-server': 'true' };
      const reaches = (name: string) => mayConnect(own('cpu'), podOf(name), server, 8001);
      expect(reaches('coordinator')).toBe(true);
      expect(reaches('teacher-worker')).toBe(true);
      expect(reaches('student-worker')).toBe(false);
    });

    it('may have a namespace of its own', () => {
      const objects = own('cpu', 'namespace: team-a');
      expect(outside(objects, 'team-a')).toEqual([]);
      only(objects, 'Namespace', 'team-a');
    });

    it('lets clients reach served models, only with the components', () => {
      const objects = own('cpu');
      const pod = { 'lyceum.dev/client': 'true' };
      for (const port of [8000, 8001]) {
        expect(mayConnect(objects, pod, podOf('teacher-worker'), port)).toBe(true);
        expect(mayConnect(objects, {}, podOf('teacher-worker'), port)).toBe(false);
        expect(mayConnect(built('overlays/cpu'), pod, podOf('teacher-worker'), port)).toBe(false);
      }
    });
  });

  describe('sets in shards', () => {
    const own =
      (...components: readonly string[]) =>
      (more: string) =>
        builtOwn(
          `resources: [K8S/overlays/cpu-tls]
components: [${components.map((name) => `K8S/components/${name}`)}]
${more}`,
        );
    const WORKERS = ['teacher-worker', 'student-worker'];

    it.each([
      // As `BLOB_CACHE_MAX_BYTES` of each.
      ['teacher-worker', 16],
      ['student-worker', 4],
    ])('%s has room beside the models and sets that it keeps', (name, blobsGib) => {
      const pod = workload(built('overlays/gpu'), name);
      expect(roomGib(pod, environment(pod)['LYCEUM_STATE_DIR'])).toBeGreaterThan(blobsGib);
    });

    it.each(WORKERS)('%s keeps chunks on a disk of its node, with room for its budget', (name) => {
      const pod = workload(built('overlays/cpu'), name);
      const env = environment(pod);
      const cacheGib = roomGib(pod, env['LYCEUM_DATA_CACHE_DIR']);
      expect(cacheGib * 1024).toBeGreaterThan(Number(env['LYCEUM_DATA_CACHE_MIB']));
      expect(Number(env['LYCEUM_DATA_MEMORY_MIB'])).toBeGreaterThan(0);
    });

    it('are configured by variables that workers know', () => {
      const known = workerCommand('worker', '0').options.map(({ envVar }) => envVar);
      const objects = own('sets-in-bucket', 'sets-on-volume')('');
      const data = Object.keys(only(objects, 'ConfigMap', 'bucket').data ?? {});
      const env = Object.keys(environment(workload(objects, 'student-worker')));
      const variables = [...env.filter((key) => /_DATA_|_DATASETS_/.test(key)), ...data];
      expect(variables).toHaveLength(6);
      for (const variable of variables) expect(known).toContain(variable);
    });

    it('in a bucket: its secret is in the environment of workers, and not of the coordinator', () => {
      const objects = own('sets-in-bucket')('');
      const secret = { secretRef: { name: 'bucket', optional: true } };
      for (const name of WORKERS) {
        const [container] = workload(objects, name).containers;
        expect(container.envFrom).toContainEqual(secret);
      }
      expect(workload(objects, 'coordinator').containers[0]).not.toHaveProperty('envFrom');
    });

    it('in a bucket: workers may reach servers with the label, and addresses that a patch lists', () => {
      const bucket = (more: string) => {
        const objects = own('sets-in-bucket')(more);
        return only(objects, 'NetworkPolicy', 'bucket').spec;
      };
      const { podSelector, egress } = bucket('');
      expect(podSelector.matchExpressions[0].values).toEqual(WORKERS);
      const label = { matchLabels: { 'lyceum.dev/object-store': 'true' } };
      expect(egress).toEqual([{ to: [{ namespaceSelector: {}, podSelector: label }] }]);
      const ours = { to: [{ ipBlock: { cidr: '203.0.113.7/32' } }], ports: [{ port: 443 }] };
      const patch = JSON.stringify([{ op: 'add', path: '/spec/egress/-', value: ours }]);
      const patched = bucket(
        `patches: [{ target: { kind: NetworkPolicy, name: bucket }, patch: '${patch}' }]`,
      );
      expect(patched.egress).toEqual([...egress, ours]);
    });

    it('in a bucket: workers reach a server with the label in their own namespace, others do not', () => {
      const objects = own('sets-in-bucket')('');
      const store = { 'lyceum.dev/object-store': 'true' };
      for (const name of WORKERS) expect(mayConnect(objects, podOf(name), store, 9000)).toBe(true);
      expect(mayConnect(objects, podOf('coordinator'), store, 9000)).toBe(false);
    });

    it('on a volume: mounted read-only at LYCEUM_DATASETS_ROOT of each program', () => {
      const objects = own('sets-on-volume')('');
      for (const name of ['coordinator', ...WORKERS]) {
        const pod = workload(objects, name);
        const root = environment(pod)['LYCEUM_DATASETS_ROOT'] as string;
        expect(mounts(pod)[root]?.readOnly).toBe(true);
        const { persistentVolumeClaim } = volume(pod, mounts(pod)[root]?.name);
        expect(persistentVolumeClaim).toEqual({ claimName: 'sets', readOnly: true });
      }
    });
  });

  describe('the pod for the command line', () => {
    it('has the label of clients and the address of the coordinator', () => {
      const client = only(built('client'), 'Pod', 'client');
      expect(client.metadata.namespace).toBe('lyceum');
      expect(client.metadata.labels).toMatchObject(CLIENT.matchLabels);
      expect(environment(client.spec)).toEqual({ LYCEUM_COORDINATOR: 'coordinator:7700' });
    });

    it('has a certificate in client-tls', () => {
      const client = only(built('client-tls'), 'Pod', 'client');
      expect(environment(client.spec)).toEqual({
        LYCEUM_COORDINATOR: 'coordinator:7700',
        LYCEUM_TLS_DIR: '/var/run/tls',
      });
      expect(client.spec.volumes).toContainEqual({
        name: 'tls',
        secret: { secretName: 'tls-client', defaultMode: 0o440 },
      });
    });
  });
});

/** Kinds and names of objects that belong into a namespace and are not in this one. */
function outside(objects: readonly KubernetesObject[], namespace: string): readonly string[] {
  return objects
    .filter(
      ({ kind, metadata }) => !CLUSTER_KINDS.includes(kind) && metadata.namespace !== namespace,
    )
    .map(({ kind, metadata }) => `${kind} ${metadata.name} in ${metadata.namespace ?? 'default'}`);
}

function workload(objects: readonly KubernetesObject[], name: string) {
  const kind = name.endsWith('-worker') ? 'Deployment' : 'StatefulSet';
  return only(objects, kind, name).spec.template.spec;
}

/** Environment variables of a pod's first container. */
// biome-ignore lint/suspicious/noExplicitAny: a pod's specification, of which this reads one list.
function environment(pod: any): Record<string, string | undefined> {
  const pairs = pod.containers[0].env.map((e: { name: string; value?: string }) => [
    e.name,
    e.value,
  ]);
  return Object.fromEntries(pairs);
}

/** Mounts of a pod's first container, by path. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
function mounts(pod: any): Record<string, { name: string; readOnly?: boolean } | undefined> {
  const list = pod.containers[0].volumeMounts as { name: string; mountPath: string }[];
  return Object.fromEntries(list.map((mount) => [mount.mountPath, mount]));
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
function volume(pod: any, name: string | undefined) {
  return pod.volumes.find((one: { name: string }) => one.name === name);
}

/** Size of the volume on the node that is mounted at this path. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
function roomGib(pod: any, path: string | undefined): number {
  const { emptyDir } = volume(pod, mounts(pod)[path ?? '']?.name);
  return Number(/^(\d+)Gi$/.exec(emptyDir.sizeLimit)?.[1]);
}

function pods(objects: readonly KubernetesObject[]) {
  return objects
    .map(({ kind, spec }) => (kind === 'Pod' ? spec : spec?.template?.spec))
    .filter((pod) => pod?.containers !== undefined);
}

type Labels = Readonly<Record<string, string>>;

interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port: number | string }[];
}

/** Whether policies let a pod of this namespace connect to another: one must let it out, one must let it in. */
function mayConnect(
  objects: readonly KubernetesObject[],
  from: Labels,
  to: Labels,
  port: number,
): boolean {
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy').map(({ spec }) => spec);
  const allows = (pod: Labels, peer: Labels, way: 'ingress' | 'egress', side: 'from' | 'to') =>
    policies
      .filter(({ podSelector }) => selects(podSelector, pod))
      .flatMap((policy): readonly Rule[] => policy[way] ?? [])
      .some(
        (rule) =>
          (rule.ports === undefined || rule.ports.some((p) => p.port === port)) &&
          (rule[side] ?? []).some(
            ({ podSelector, namespaceSelector }) =>
              podSelector !== undefined &&
              // An empty selector is of all namespaces, this one too.
              Object.keys(namespaceSelector ?? {}).length === 0 &&
              selects(podSelector, peer),
          ),
      );
  return allows(from, to, 'egress', 'to') && allows(to, from, 'ingress', 'from');
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      if (operator !== 'In') throw new Error(`a selector's operator ${operator} is not known here`);
      return values.includes(labels[key] ?? '');
    })
  );
}
