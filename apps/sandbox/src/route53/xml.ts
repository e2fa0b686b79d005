import { escapeXml } from '../ec2/xml.js';

export const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';
const HEADER = '<?xml version="1.0"?>\n';

/** An element with text; nothing where there is none. */
export function leaf(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`;
}

/** An element around others, which are written already. */
export function branch(name: string, ...children: readonly string[]): string {
  return `<${name}>${children.join('')}</${name}>`;
}

export function writeResponse(name: string, ...children: readonly string[]): string {
  return `${HEADER}<${name} xmlns="${NAMESPACE}">${children.join('')}</${name}>`;
}

export function writeErrorResponse(code: string, message: string, status: number, requestId: string): string {
  return writeResponse(
    'ErrorResponse',
    branch('Error', leaf('Type', status < 500 ? 'Sender' : 'Receiver'), leaf('Code', code), leaf('Message', message)),
    leaf('RequestId', requestId),
  );
}
