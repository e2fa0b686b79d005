import type { Json } from '../json.js';
import type { Kind } from '../objects.js';

const LABELS = { app: 'couchdb' };

const TEMPLATE = {
  metadata: { labels: LABELS },
  spec: {
    containers: [
      {
        name: 'couchdb',
        image: 'couchdb:3.3.3',
        ports: [{ name: 'couchdb', containerPort: 5984 }],
        env: [{ name: 'COUCHDB_USER', valueFrom: { secretKeyRef: { name: 'a', key: 'COUCHDB_USER' } } }],
        volumeMounts: [{ name: 'ini', mountPath: '/opt/couchdb/etc/local.d' }],
        readinessProbe: { httpGet: { path: '/_up', port: 'couchdb' } },
        resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '512Mi' } },
      },
    ],
    volumes: [{ name: 'ini', secret: { secretName: 'a', items: [{ key: 'ini', path: 'q.ini' }] } }],
  },
};

const CLAIM = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } } };

/** One good object of every kind, as a client sends it. */
export const SAMPLES: Readonly<Record<Kind, Json>> = {
  Deployment: { metadata: { name: 'a' }, spec: { selector: { matchLabels: LABELS }, template: TEMPLATE } },
  StatefulSet: {
    metadata: { name: 'a' },
    spec: {
      serviceName: 'a-nodes',
      selector: { matchLabels: LABELS },
      template: TEMPLATE,
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: CLAIM }],
    },
  },
  ReplicationController: { metadata: { name: 'a' }, spec: { selector: LABELS, template: TEMPLATE } },
  Pod: { metadata: { name: 'a' }, spec: TEMPLATE.spec },
  Service: { metadata: { name: 'a' }, spec: { selector: LABELS, ports: [{ name: 'couchdb', port: 5984 }] } },
  Secret: { metadata: { name: 'a' }, data: { COUCHDB_USER: 'YWxpY2U=' } },
  PersistentVolumeClaim: { metadata: { name: 'a' }, spec: CLAIM },
  PodDisruptionBudget: { metadata: { name: 'a' }, spec: { maxUnavailable: 1, selector: { matchLabels: LABELS } } },
  NetworkPolicy: {
    metadata: { name: 'a' },
    spec: {
      podSelector: { matchLabels: LABELS },
      ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 5984 }] }],
    },
  },
};
