import { clusterChanged, clusterNotChanged, ringMended } from './couchdb-texts.js';

const cluster = { owner: 'johny2', tag: 'my-test-db1' };

describe('what is told of a CouchDB cluster', () => {
  it('names it, its account and what was done', () => {
    expect(clusterChanged(cluster, 'CouchDB cluster my-test-db1 is ready: 3 nodes.')).toBe(
      'CouchDB cluster `my-test-db1` of `johny2` is ready: 3 nodes',
    );
  });

  it('says why something failed, and nothing in it is markup', () => {
    expect(clusterNotChanged('scale', cluster, 'no <!channel>.')).toBe(
      'Could not scale CouchDB cluster `my-test-db1` of `johny2`: no &lt;!channel&gt;',
    );
  });

  it('says which nodes a ring goes round and whether it is whole', () => {
    const nothing = { bypassed: [], joined: [], restarted: [] };
    expect(ringMended(cluster, { ...nothing, bypassed: ['n2'], nodes: 2, replicas: 3 })).toBe(
      'The ring of CouchDB cluster `my-test-db1` of `johny2`: `n2` bypassed; it goes through 2 of 3 nodes',
    );
    expect(ringMended(cluster, { ...nothing, joined: ['n2'], restarted: ['n1', 'n3'], nodes: 3, replicas: 3 })).toBe(
      'The ring of CouchDB cluster `my-test-db1` of `johny2`: `n2` put in; `n1`, `n3` put back after a new start; it is whole again, 3 nodes',
    );
  });
});
