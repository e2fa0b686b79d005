/** What an instance runs at its first start: an operator's LiquidJS template (or the house's own), filled in for a build. */
export { createInitScriptRenderer, checkInitScriptTemplate } from './create-renderer.js';
export type { InitScriptBuild, InitScriptOptions, InitScriptRenderer } from './create-renderer.js';
export { DEFAULT_INIT_SCRIPT_TEMPLATE } from './default-template.js';
export { shellQuote } from './shell-quote.js';
