/** What a caller asked for, validated, with every default filled in. Field names are the API's. */
export interface BuildRequest {
  readonly site: string;
  readonly env: string;
  readonly queue: string;
  readonly role: string;
  readonly instance_type: string;
  readonly count: number;
  readonly ami?: string;
  readonly subnet_id?: string;
  readonly security_group_id?: string;
  readonly iam_instance_profile?: string;
  readonly key_name?: string;
  readonly root_volume_gb?: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly name_template: string;
  readonly slack_channel?: string;
  readonly boot_instance: boolean;
}

/** The exact parameters of the one `RunInstances` of a build, kept before the first call so that every retry sends the same. */
export interface LaunchPlan {
  /** EC2's idempotency token: at most 64 ASCII characters. */
  readonly client_token: string;
  readonly image_id: string;
  readonly instance_type: string;
  readonly count: number;
  readonly subnet_id?: string;
  readonly security_group_ids: readonly string[];
  readonly iam_instance_profile?: string;
  readonly key_name?: string;
  readonly root_volume?: { readonly device_name: string; readonly size_gb: number };
  readonly tags: Readonly<Record<string, string>>;
}
