import { loadConfig, secretValues } from '@quartermaster/foundation';
import { etcdVariables, type EtcdConfig } from './etcd-settings';

const load = (environment: Record<string, string>): EtcdConfig => loadConfig<EtcdConfig>(etcdVariables, environment);

describe('the configuration of etcd', () => {
  it('is absent by default', () => {
    expect(load({})).toEqual({ ETCD_HOSTS: [], ETCD_TTL: 15_000 });
    expect(load({ ETCD_HOSTS: ' ' }).ETCD_HOSTS).toEqual([]);
  });

  it.each([
    ['127.0.0.1:2379', ['127.0.0.1:2379']],
    ['http://a:2379, http://b:2379', ['http://a:2379', 'http://b:2379']],
    ['https://etcd-0.etcd:2379', ['https://etcd-0.etcd:2379']],
    ['[::1]:2379', ['[::1]:2379']],
  ])('takes %s', (text, hosts) => expect(load({ ETCD_HOSTS: text }).ETCD_HOSTS).toEqual(hosts));

  it.each(['a', 'a:b', 'ftp://a:1', 'https://a:1,b:1', 'http://a:1/x', 'http://user:pw@a:1'])('refuses %s', (text) =>
    expect(() => load({ ETCD_HOSTS: text })).toThrow(/ETCD_HOSTS must be a comma-separated list of/),
  );

  it('takes certificates as PEM, in base64, or as a file; a TTL of at least 2 s; and tells secrets', () => {
    const config = load({
      ETCD_TTL: '20',
      ETCD_CA: '/etc/ssl/ca.pem',
      ETCD_CERT: '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----',
      ETCD_KEY: Buffer.from('-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----').toString('base64'),
      ETCD_PASSWORD: 'a-password',
    });
    expect(config.ETCD_TTL).toBe(20_000);
    expect(secretValues(etcdVariables, config)).toHaveLength(2);
    expect(() => load({ ETCD_TTL: '1s' })).toThrow(/ETCD_TTL must be a duration/);
    expect(() => load({ ETCD_CA: 'ca.pem' })).toThrow(/ETCD_CA must be PEM, PEM in base64, or the absolute path/);
  });
});
