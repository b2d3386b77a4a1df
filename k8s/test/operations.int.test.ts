/**
 * What an operator needs: messages of programs that ended, volumes to copy, metrics and alerts. As in
 * `overlays.int.test.ts`, kubectl's kustomize builds, and objects are compared with what they name.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { programMetrics } from '../../site/src/reference/sources.js';
import { built, builtOwn, hasKubectl, type KubernetesObject, only } from './kustomize.js';

describe.skipIf(!hasKubectl)('Kubernetes objects for operators', () => {
  const objects = hasKubectl ? built('overlays/cpu') : [];

  it('all containers show the last log lines of an ended program in kubectl describe', () => {
    const all = [...objects, ...built('overlays/gpu-tls'), ...built('client'), ...built('state')];
    const containers = all.flatMap(containersOf);
    expect(containers.length).toBeGreaterThan(9);
    for (const { name, terminationMessagePolicy } of containers) {
      expect(terminationMessagePolicy, name).toBe('FallbackToLogsOnError');
    }
  });

  it('the startup probe gives NATS at least a quarter of an hour to read a large store', () => {
    const [nats] = containersOf(only(objects, 'StatefulSet', 'nats'));
    const { periodSeconds, failureThreshold } = nats.startupProbe;
    expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(900);
  });

  it("the pod for backups mounts the claim of the coordinator's volume", () => {
    const [claim] = only(objects, 'StatefulSet', 'coordinator').spec.volumeClaimTemplates;
    const { volumes } = only(built('state'), 'Pod', 'state').spec;
    const { claimName } = volumes[0].persistentVolumeClaim;
    expect(claimName).toBe(`${claim.metadata.name}-coordinator-0`);
  });

  it('the patches in docs/kubernetes.md set a pull secret and a StorageClass', () => {
    const own = builtOwn(`resources: [K8S/overlays/cpu]\n${patchesOfPage()}`);
    for (const name of ['nats', 'coordinator']) {
      const [claim] = only(own, 'StatefulSet', name).spec.volumeClaimTemplates;
      expect(claim.spec.storageClassName).toBe('fast');
    }
    const pods = own.map(({ spec }) => spec?.template?.spec).filter((pod) => pod !== undefined);
    expect(pods).toHaveLength(4);
    for (const { serviceAccountName } of pods) {
      const account = only(own, 'ServiceAccount', serviceAccountName);
      expect(account).toMatchObject({ imagePullSecrets: [{ name: 'registry' }] });
    }
  });

  it("NATS's limit is below its volume, and the patch in docs/kubernetes.md raises it", () => {
    const limitGib = (some: readonly KubernetesObject[]) => {
      const [{ env }] = containersOf(only(some, 'StatefulSet', 'nats'));
      const { value } = env.find(({ name }: { name: string }) => name === 'MAX_FILE_STORE');
      return Number(/^(\d+)GB$/.exec(value)?.[1]);
    };
    const configuration = readFileSync(new URL('../base/nats.conf', import.meta.url), 'utf8');
    expect(configuration).toMatch(/^ {2}max_file_store: \$MAX_FILE_STORE$/m);
    for (const overlay of ['overlays/cpu', 'overlays/gpu-tls']) {
      const [claim] = only(built(overlay), 'StatefulSet', 'nats').spec.volumeClaimTemplates;
      expect(limitGib(built(overlay))).toBeLessThan(
        Number.parseInt(claim.spec.resources.requests.storage, 10),
      );
      const own = builtOwn(`resources: [K8S/${overlay}]\n${patchesOfPage()}`);
      expect(limitGib(own)).toBeGreaterThan(limitGib(built(overlay)));
    }
  });

  it('docs/kubernetes.md names all variables by which programs listen on IPv4 alone', () => {
    const own = builtOwn(
      'resources: [K8S/overlays/cpu]\ncomponents: [K8S/components/serve-models]',
    );
    const listening = own
      .flatMap(containersOf)
      .flatMap(({ env }): { name: string; value?: string }[] => env)
      .filter(({ value }) => value?.startsWith('0.0.0.0:'));
    const [item] = /^- Pods whose first address is IPv4[\s\S]*?(?=^- )/m.exec(page()) ?? [];
    expect(listening.length).toBeGreaterThan(4);
    for (const { name } of listening) expect(item, name).toContain(`\`${name}\``);
  });

  it("cert-manager's certificate in docs/security.md is valid where docs/kubernetes.md calls", () => {
    const security = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
    const [example = ''] = /^kind: Certificate$[\s\S]*?^```/m.exec(security) ?? [];
    const called = [...page().matchAll(/--coordinator (\S+):7700/g)].map(([, host]) => host);
    expect(called.length).toBeGreaterThan(0);
    const named = [...example.matchAll(/^ {2}(?:dnsNames|ipAddresses): \[(.*?)\]/gm)];
    const hosts = named.flatMap(([, list = '']) => list.split(', '));
    expect(hosts).toEqual(expect.arrayContaining(['coordinator', 'localhost', ...called]));
  });

  describe('the component prometheus', () => {
    const own = hasKubectl
      ? builtOwn('resources: [K8S/overlays/cpu]\ncomponents: [K8S/components/prometheus]')
      : [];

    it('scrapes each program whose metrics its network policy shows', () => {
      const { podMetricsEndpoints, selector } = only(own, 'PodMonitor', 'lyceum').spec;
      const policy = only(own, 'NetworkPolicy', 'metrics').spec;
      expect(selector).toEqual(policy.podSelector);
      const [{ port }] = podMetricsEndpoints;
      for (const name of selector.matchExpressions[0].values) {
        const kind = name === 'coordinator' ? 'StatefulSet' : 'Deployment';
        const [{ ports }] = containersOf(only(own, kind, name));
        expect(ports).toContainEqual({
          name: port,
          containerPort: policy.ingress[0].ports[0].port,
        });
      }
    });

    it('uses only existing metrics in alerts and in the dashboard', () => {
      const registries = programMetrics().map(({ registry }) => registry);
      const known = registries.flatMap((r) => r.getMetricsAsArray().map(({ name }) => name));
      const [{ rules }] = only(own, 'PrometheusRule', 'lyceum').spec.groups;
      const { data, metadata } = only(own, 'ConfigMap', 'lyceum-dashboard');
      expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
      const { panels } = JSON.parse(data?.['lyceum.json'] ?? '');
      for (const queries of [rules, panels.flatMap(({ targets }: Panel) => targets)]) {
        const named = (queries as { expr: string }[]).flatMap(
          ({ expr }) => expr.match(/\blyceum_\w+/g) ?? [],
        );
        expect(named.length).toBeGreaterThan(5);
        // A histogram's samples have an ending of their own.
        for (const name of named) expect(known).toContain(name.replace(/_bucket$/, ''));
      }
    });
  });
});

function page(): string {
  return readFileSync(new URL('../../docs/kubernetes.md', import.meta.url), 'utf8');
}

/** The list of patches in docs/kubernetes.md that an overlay may need. */
function patchesOfPage(): string | undefined {
  const blocks = [...page().matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);
  return blocks.find((text) => text.includes('imagePullSecrets'));
}

/** A panel of Grafana's dashboard. */
interface Panel {
  readonly targets: readonly { readonly expr: string }[];
}

/** The containers of a pod, or of the pods that an object makes. */
// biome-ignore lint/suspicious/noExplicitAny: each kind has a shape of its own.
function containersOf({ kind, spec }: KubernetesObject): readonly any[] {
  return (kind === 'Pod' ? spec : spec?.template?.spec)?.containers ?? [];
}
