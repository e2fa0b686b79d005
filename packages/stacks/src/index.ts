/**
 * Stacks and their layers: the words for them, the port to where they come from, and what can be decided about them without
 * asking anybody. Loads no SDK; `aws` has the two sources.
 */
export * from './stack.js';
export * from './stack-source.js';
export * from './find.js';
export * from './stack-variables.js';
