import { showCluster, type ShownCluster } from '@quartermaster/couchdb';
import { loadCluster, type OperationSite } from './operation-site.js';

/** The cluster as it stands at an operation's end; its replications are not looked at. */
export async function showNow(site: OperationSite): Promise<ShownCluster> {
  return showCluster(await loadCluster(site));
}
