import { isUnencrypted, withoutToken, type Settings } from '../../config/settings.js';
import { PROGRAM } from '../../context.js';
import { EXIT } from '../../failures.js';
import { ok, problem, problemOf, warning, type Check } from './check.js';

const NAME = 'configuration';
const SETUP = `Run \`${PROGRAM} setup\`.`;

/** Where the settings come from, and what is wrong with those places. */
export function checkConfiguration(settings: Settings): readonly Check[] {
  const { url, token, account, tokenOfOther, warnings, problems } = settings;
  const checks = [...problems.map((one) => problemOf(NAME, one)), ...warnings.map((text) => warning(NAME, text))];
  if (url === undefined) {
    return problems.length > 0 ? checks : [...checks, problem(NAME, 'No server is set.', SETUP, EXIT.usage)];
  }
  checks.push(ok(NAME, `URL ${url.value}, from ${url.source}`));
  if (isUnencrypted(url.value)) {
    checks.push(
      warning(NAME, 'http:// to another machine: whoever is on the way can read the token.', 'Use https://.'),
    );
  }
  if (token !== undefined) checks.push(ok(NAME, `token from ${token.source}`));
  else if (problems.length === 0) checks.push(problem(NAME, withoutToken(url, tokenOfOther), SETUP, EXIT.usage));
  if (account !== undefined) checks.push(ok(NAME, `CouchDB account ${account.value}, from ${account.source}`));
  return checks;
}
