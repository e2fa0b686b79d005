import { toErrorRecord } from '@quartermaster/foundation';
import type { PayloadOf, Processor } from '@quartermaster/jobs';
import type { ZoneWork } from '@quartermaster/stores';
import { createZoneWorker, type ZoneWorkParts } from '../dns/work-off-zone.js';

/** Carries out what waits for a zone, batch by batch; each state is stored before anything is done in it. */
export function createDrainZone(parts: ZoneWorkParts): Processor<PayloadOf<'drain-zone'>> {
  return {
    run: async ({ zone_id }, context) => {
      const worker = createZoneWorker(parts, zone_id, context);
      let work: ZoneWork | undefined = await worker.begin();
      while (work !== undefined) work = await worker.step(work);
    },
    giveUp: ({ zone_id }, error, context) => createZoneWorker(parts, zone_id, context).abandon(toErrorRecord(error)),
  };
}
