/** Where an SDK client goes and as whom. What is left out, the SDK finds as ever (`AWS_REGION`, profiles …). */
export interface AwsPlace<Credentials> {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: Credentials;
}

/** In milliseconds. */
export interface AwsTimeouts {
  readonly connection: number;
  /** Of one attempt, to the first byte of its answer. */
  readonly request: number;
  /** Without a byte, once the answer has begun. */
  readonly idle: number;
}

/** Attempts of one call, the first included; the journal tries again after that. */
const MAX_ATTEMPTS = 3;

/** What every SDK client is made with: timeouts that really end a request, and `attempts` of each. */
export function clientSettings<Credentials>(
  { region, endpoint, credentials }: AwsPlace<Credentials>,
  timeouts: AwsTimeouts,
  attempts = MAX_ATTEMPTS,
) {
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: attempts,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: timeouts.connection,
      requestTimeout: timeouts.request,
      // Without this the SDK only warns that the time is over.
      throwOnRequestTimeout: true,
      // The request's time ends with the answer's first byte: an answer that stalls is ended as an idle socket.
      socketTimeout: timeouts.idle,
    },
  };
}
