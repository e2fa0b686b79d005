import Joi from 'joi';
import { durationVariable, listVariable, secretVariable, type Variables } from '@quartermaster/foundation';

/** PEM as it stands, PEM in base64, or the absolute path of a file of PEM. */
const pemVariable = (): Joi.StringSchema =>
  Joi.string().pattern(
    /^(-----BEGIN |\/)|^[A-Za-z0-9+/\s]{40,}={0,2}\s*$/,
    'PEM, PEM in base64, or the absolute path of a file',
  );

/** Variables that say where etcd is. Without `ETCD_HOSTS` discovery is off. */
export const etcdVariables = {
  ETCD_HOSTS: listVariable()
    .custom((hosts: string[], helpers) => {
      const isOne = hosts.every((host) => /^(https?:\/\/)?(\[[0-9A-Fa-f:.]+\]|[^\s:/@[\]]+):\d{1,5}$/.test(host));
      const secure = hosts.filter((host) => host.startsWith('https://')).length;
      return isOne && (secure === 0 || secure === hosts.length) ? hosts : helpers.error('hosts.form');
    })
    .messages({
      'hosts.form': '{{#label}} must be a comma-separated list of [http://|https://]host:port, all with https or none',
    })
    .description('comma-separated host:port of the members of an etcd 3.3 or newer; service discovery is off without'),
  ETCD_TTL: durationVariable('15s', 2000).description(
    'how long a node stays registered after the last sign of life of the web that it hangs on; whole seconds',
  ),
  ETCD_USERNAME: Joi.string().description("etcd's user"),
  ETCD_PASSWORD: secretVariable(Joi.string()).description('password of ETCD_USERNAME'),
  ETCD_CA: pemVariable().description('certificates that etcd is trusted by: PEM, base64 of it, or a file; needs https'),
  ETCD_CERT: pemVariable().description('certificate to show to etcd: PEM, base64 of it, or a file'),
  ETCD_KEY: secretVariable(pemVariable()).description('key of ETCD_CERT: PEM, base64 of it, or a file'),
} satisfies Variables;

export interface EtcdConfig {
  /** None: not configured. */
  ETCD_HOSTS: string[];
  /** Milliseconds. */
  ETCD_TTL: number;
  ETCD_USERNAME?: string;
  ETCD_PASSWORD?: string;
  ETCD_CA?: string;
  ETCD_CERT?: string;
  ETCD_KEY?: string;
}
