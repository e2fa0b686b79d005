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

Things to try, in another terminal:

  # Is all well?
  bin/quartermaster doctor

  # Build four instances in the sandbox, and see them come up
  bin/quartermaster build --site org --env staging --queue docker --instance-type c3.2xlarge --count 4 --wait

  # The same by HTTP
  ${curl} -d '${body}' ${webUrl}/instance-builds

  ${curl} '${webUrl}/instances?site=org&env=staging&queue=docker'

  # Read what Slack was told
  curl ${sandboxUrl}/_sandbox/slack

To terminate one: bin/quartermaster terminate <id>

The sandbox forgets its clouds when it ends; what Quartermaster knows of them stays. To begin anew, remove .local.
Ctrl-C stops everything.

`;
}
