/** The port to whoever status updates are forwarded to, over HTTP. */
export { createHttpStatusReceiver, type HttpStatusReceiverOptions } from './create-status-receiver.js';
