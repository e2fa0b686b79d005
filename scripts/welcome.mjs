// What bin/up says when everything runs.

const BUILD = { site: 'org', env: 'staging', instance_type: 'c3.2xlarge', count: 4, queue: 'docker' };

/** The text, with commands that work as they stand in any shell. */
export function welcome({ webUrl, sandboxUrl, token }, tookMs) {
  const curl = `curl -H 'Authorization: token ${token}'`;
  const body = JSON.stringify({ instance_builds: BUILD });
  return `
Quartermaster is ready after ${(tookMs / 1000).toFixed(1)} s.

  URL    ${webUrl}
  Token  ${token}

Three things to try, in another terminal:

  # Build four instances in the sandbox
  ${curl} -d '${body}' ${webUrl}/instance-builds

  # See them come up
  ${curl} '${webUrl}/instances?site=org&env=staging&queue=docker'

  # Read what Slack was told
  curl ${sandboxUrl}/_sandbox/slack

To terminate one: ${curl} -X DELETE ${webUrl}/instances/<id>
Ctrl-C stops everything.

`;
}
