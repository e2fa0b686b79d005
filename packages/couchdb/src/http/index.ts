/** CouchDB's nodes over HTTP: `CouchPort` made real. */
export * from './create-http-couch.js';
