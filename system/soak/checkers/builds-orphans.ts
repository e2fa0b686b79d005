import type { Finding } from '../stream';
import { BUILD_TAG, type Ledger } from './builds-evidence';

const orphan = (subject: string, what: string): Finding => ({ kind: 'orphan', subject, what });

/** What is there, costs money or room, and belongs to nobody. */
export function findOrphans(ledger: Ledger): Finding[] {
  return [
    ...findInstances(ledger),
    ...findGroups(ledger),
    ...findListingErrors(ledger),
    ...ledger.openJobs.map((id) => orphan(id, 'is a job that was never closed')),
    ...ledger.reservations.map((id) => orphan(id, 'is a build for which instances are still set aside')),
  ];
}

function findInstances({ instances, builds, isAlive }: Ledger): Finding[] {
  return instances
    .filter((instance) => isAlive(instance))
    .flatMap(({ id, tags }) => {
      const buildId = tags[BUILD_TAG];
      if (buildId === undefined) return [];
      const build = builds.get(buildId);
      if (build === undefined) return [orphan(id, `lives, and nobody knows its build ${buildId}`)];
      return build.state === 'failed' ? [orphan(id, `lives, and its build ${buildId} has failed`)] : [];
    });
}

function findGroups({ groups, builds, instanceOf, isAlive }: Ledger): Finding[] {
  return groups.flatMap(({ id, tags }) => {
    const buildId = tags[BUILD_TAG];
    if (buildId === undefined) return [];
    const build = builds.get(buildId);
    if (build === undefined) return [orphan(buildId, `its security group ${id} is left, and nobody knows the build`)];
    if (build.state === 'failed') return [orphan(buildId, `has failed, and its security group ${id} is left`)];
    const isUsed = build.instance_ids.some((one) => isAlive(instanceOf.get(one)));
    return isUsed ? [] : [orphan(buildId, `has no instance any more, and its security group ${id} is left`)];
  });
}

/** `GET /instances` shows what lives, and nothing else. */
function findListingErrors({ instances, listed, instanceOf, isAlive }: Ledger): Finding[] {
  const shown = new Set(listed);
  return [
    ...instances
      .filter((instance) => isAlive(instance) && instance.tags[BUILD_TAG] !== undefined && !shown.has(instance.id))
      .map(({ id }) => orphan(id, 'lives, and is not listed')),
    ...listed.filter((id) => !isAlive(instanceOf.get(id))).map((id) => orphan(id, 'is listed, and does not live')),
  ];
}
