/** What the strings of a build look like; the configuration's defaults follow the same rules. */
export const buildFieldPatterns = {
  name: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
  instanceType: /^[a-z0-9][a-z0-9-]{0,31}\.[a-z0-9-]{1,31}$/,
  ami: /^ami-[A-Za-z0-9]{1,40}$/,
  subnetId: /^subnet-[A-Za-z0-9]{1,40}$/,
  securityGroupId: /^sg-[A-Za-z0-9]{1,40}$/,
  /** Name or ARN. */
  iamInstanceProfile: /^[A-Za-z0-9+=,.@_:/-]{1,256}$/,
  keyName: /^[\x20-\x7e]{1,255}$/,
  slackChannel: /^[#@]?[A-Za-z0-9._-]{1,80}$/,
  instanceId: /^i-[A-Za-z0-9]{1,40}$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  /** Anything printable: no control characters, so no NUL and no line breaks. */
  printable: /^[^\p{Cc}\p{Cs}]*$/u,
} as const;
