/**
 * The init script where none is configured: it leaves the build's fields in /etc/quartermaster/instance (for `source`),
 * the instance's YAML and key beside it, and reports. The instance id comes from the metadata service by IMDSv2, as
 * version 1 is off. Every value goes through `shell_quote`, then through bash's own `%q` into the file.
 */
export const DEFAULT_INIT_SCRIPT_TEMPLATE = `#!/bin/bash
set -euo pipefail
umask 077

directory="\${QUARTERMASTER_DIRECTORY:-/etc/quartermaster}"
metadata="\${QUARTERMASTER_METADATA:-http://169.254.169.254/latest}"
mkdir -p "$directory"

field() { printf 'QUARTERMASTER_%s=%q\\n' "$1" "$2"; }
{
  field BUILD_ID {{ id | shell_quote }}
  field SITE {{ site | shell_quote }}
  field ENV {{ env | shell_quote }}
  field QUEUE {{ queue | shell_quote }}
  field ROLE {{ role | shell_quote }}
  field INSTANCE_TYPE {{ instance_type | shell_quote }}
  field COUNT {{ count | shell_quote }}
  field AMI {{ ami | shell_quote }}
  field SUBNET_ID {{ subnet_id | shell_quote }}
  field SECURITY_GROUP_ID {{ security_group_id | shell_quote }}
  field IAM_INSTANCE_PROFILE {{ iam_instance_profile | shell_quote }}
  field KEY_NAME {{ key_name | shell_quote }}
  field ROOT_VOLUME_GB {{ root_volume_gb | shell_quote }}
  field NAME_TEMPLATE {{ name_template | shell_quote }}
  field SLACK_CHANNEL {{ slack_channel | shell_quote }}
  echo 'QUARTERMASTER_TAGS=()'
{%- for tag in tags %}
  printf 'QUARTERMASTER_TAGS+=(%q)\\n' {{ tag[0] | append: "=" | append: tag[1] | shell_quote }}
{%- endfor %}
} > "$directory/instance"
{% if instance_yml != "" %}
printf '%s\\n' {{ instance_yml | shell_quote }} > "$directory/instance.yml"
{% endif %}
{%- if instance_rsa != "" %}
printf '%s\\n' {{ instance_rsa | shell_quote }} > "$directory/instance.rsa"
{% endif %}
fetch=(curl --fail --silent --show-error --retry 8 --retry-connrefused --max-time 30)
token="$("\${fetch[@]}" --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$metadata/api/token")"
instance_id="$("\${fetch[@]}" --header "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/instance-id")"

"\${fetch[@]}" --output /dev/null --request PATCH \\
  --data-urlencode 'state=finished' \\
  --data-urlencode "instance-id=$instance_id" \\
  {{ instance_build_url | shell_quote }}
`;
