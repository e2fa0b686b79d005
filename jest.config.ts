/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

// Three sets, by what they need: unit (nothing but the process), integration (a real Redis, which the set-up starts),
// system (the real processes, built beforehand by `npm run build`).
const swc = ['@swc/jest', { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }] satisfies [string, object];

// Of Kubernetes' client, what exists as ES modules only. Jest loads those no other way.
const ES_MODULES = '@kubernetes/client-node|openid-client|oauth4webapi|jose|socks-proxy-agent|agent-base';

const shared = {
  testEnvironment: 'node',
  // Jest's soft deletion of globals ends in an endless recursion where somebody sets one of them again (Sentry does).
  testEnvironmentOptions: { globalsCleanup: 'off' },
  transform: { '^.+\\.ts$': swc, [`/node_modules/(${ES_MODULES})/.+\\.m?js$`]: swc },
  transformIgnorePatterns: [`/node_modules/(?!(${ES_MODULES})/)`],
  moduleNameMapper: {
    '^@quartermaster/([a-z-]+)$': '<rootDir>/packages/$1/src/index.ts',
    '^@quartermaster/([a-z-]+)/([a-z0-9-]+)$': '<rootDir>/packages/$1/src/$2/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/.local/'],
} satisfies Config;

const config: Config = {
  // Catches what hangs, and says nothing about speed: a busy machine may be ten times slower than an idle one.
  testTimeout: 120_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{packages,apps,scripts}/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '/dist/', '\\.integration\\.test\\.ts$'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/{packages,apps}/**/*.integration.test.ts'],
      globalSetup: '<rootDir>/packages/testing/src/jest-global-setup.ts',
      globalTeardown: '<rootDir>/packages/testing/src/jest-global-teardown.ts',
    },
    {
      ...shared,
      displayName: 'system',
      testMatch: ['<rootDir>/system/**/*.test.ts'],
    },
  ],
};

export default config;
