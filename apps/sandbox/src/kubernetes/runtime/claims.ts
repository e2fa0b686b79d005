import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { jsonOf } from '../json.js';
import type { KubeObject, ObjectStore } from '../objects.js';
import { claimsOf, isLeaving } from './pod-spec.js';

/** PersistentVolumeClaims: each is a folder that outlives pods and goes with the claim. */
export interface ClaimFolders {
  /** Binds claims, protects those that pods use, removes what nobody claims any more. */
  reconcile(): void;
  /** Why a pod has to wait for its claims, in the scheduler's words. */
  missingFor(pod: KubeObject): string | undefined;
  folderOf(namespace: string, claim: string): string;
  /** A process has these claims' folders open. */
  hold(uid: string, pod: string, namespace: string, claims: readonly string[]): void;
  letGo(uid: string): void;
  /** The pod that has one of these open. A database must never be opened twice. */
  holderBesides(uid: string, namespace: string, claims: readonly string[]): string | undefined;
  show(): object[];
}

const PROTECTION = 'kubernetes.io/pvc-protection';

export function createClaimFolders(store: ObjectStore, directory: string): ClaimFolders {
  /** uid of a claim → its folder. */
  const folders = new Map<string, string>();
  const held = new Map<string, { readonly pod: string; readonly keys: readonly string[] }>();
  const keyOf = (namespace: string, claim: string): string => `${namespace}/${claim}`;

  function bind(claim: KubeObject): void {
    const { uid, finalizers = [] } = claim.metadata;
    if (isLeaving(claim)) return release(claim);
    if (claim.status?.['phase'] === 'Bound' && finalizers.includes(PROTECTION)) return;
    const folder = join(directory, 'claims', uid);
    mkdirSync(folder, { recursive: true });
    folders.set(uid, folder);
    const { storage } = jsonOf(jsonOf(claim.spec?.['resources'])['requests']);
    store.update({
      ...claim,
      metadata: { ...claim.metadata, finalizers: [...new Set([...finalizers, PROTECTION])] },
      spec: { ...claim.spec, volumeName: claim.spec?.['volumeName'] ?? `pvc-${uid}` },
      status: { phase: 'Bound', accessModes: claim.spec?.['accessModes'] ?? [], capacity: { storage } },
    });
  }

  function release(claim: KubeObject): void {
    const { name, namespace, finalizers = [] } = claim.metadata;
    const isUsed = store.list('Pod', namespace).some((pod) => Object.values(claimsOf(pod)).includes(name));
    if (isUsed || !finalizers.includes(PROTECTION)) return;
    const left = finalizers.filter((finalizer) => finalizer !== PROTECTION);
    store.update({ ...claim, metadata: { ...claim.metadata, finalizers: left } });
  }

  return {
    reconcile() {
      const claims = store.list('PersistentVolumeClaim');
      for (const claim of claims) bind(claim);
      const uids = new Set(claims.map(({ metadata }) => metadata.uid));
      for (const [uid, folder] of folders) {
        if (uids.has(uid)) continue;
        folders.delete(uid);
        rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      }
    },
    missingFor(pod) {
      for (const name of Object.values(claimsOf(pod))) {
        const claim = store.get('PersistentVolumeClaim', pod.metadata.namespace, name);
        if (claim === undefined) return `0/1 nodes are available: persistentvolumeclaim "${name}" not found.`;
        if (isLeaving(claim)) return `0/1 nodes are available: persistentvolumeclaim "${name}" is being deleted.`;
        if (claim.status?.['phase'] !== 'Bound') {
          return '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.';
        }
      }
      return undefined;
    },
    folderOf(namespace, name) {
      const uid = store.get('PersistentVolumeClaim', namespace, name)?.metadata.uid ?? '';
      return folders.get(uid) ?? join(directory, 'claims', uid);
    },
    hold: (uid, pod, namespace, claims) =>
      void held.set(uid, { pod, keys: claims.map((claim) => keyOf(namespace, claim)) }),
    letGo: (uid) => void held.delete(uid),
    holderBesides(uid, namespace, claims) {
      const keys = claims.map((claim) => keyOf(namespace, claim));
      return [...held].find(([other, { keys: open }]) => other !== uid && open.some((key) => keys.includes(key)))?.[1]
        .pod;
    },
    show: () =>
      store.list('PersistentVolumeClaim').map(({ metadata, status }) => ({
        name: metadata.name,
        namespace: metadata.namespace,
        phase: status?.['phase'] ?? 'Pending',
        folder: folders.get(metadata.uid) ?? null,
        leaving: metadata.deletionTimestamp !== undefined,
      })),
  };
}
