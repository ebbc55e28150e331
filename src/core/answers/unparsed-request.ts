// The answer to a request that the HTTP parser refuses, so that no route sees it.
import { BabysitError } from '../errors.ts';

/** The part of node:net's Socket that the answer needs. */
interface Connection {
  readonly writable: boolean;
  write(text: string): unknown;
  /** Closes it when the text is written. */
  destroySoon(): void;
}

interface ParserFault {
  readonly code?: string;
  readonly message: string;
}

/** `bodyOf` makes a problem document (RFC 9457) of the error. */
export function answerUnparsed(
  fault: ParserFault,
  connection: Connection,
  bodyOf: (error: BabysitError) => { readonly status: number },
  headers: Readonly<Record<string, string>> = {},
): void {
  // The client has gone, or has closed the connection between two requests.
  if (connection.writable && fault.code !== 'ECONNRESET') {
    const body = bodyOf(unparsedError(fault));
    const text = JSON.stringify(body);
    const all = {
      ...headers,
      'content-type': 'application/problem+json',
      'content-length': new TextEncoder().encode(text).length,
      connection: 'close',
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    // The reason may be empty, the space before it not (RFC 9112).
    connection.write(`HTTP/1.1 ${body.status} \r\n${lines.join('')}\r\n${text}`);
  }
  connection.destroySoon();
}

export function unparsedError({ code, message }: ParserFault): BabysitError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new BabysitError('headers_too_large', message);
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new BabysitError('body_too_large', message);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new BabysitError('request_timeout', message);
    default:
      return new BabysitError('usage', `not a request of HTTP/1.1: ${message}`, {
        hint: 'Send HTTP/1.1. GET /v1/openapi.json describes the requests.',
      });
  }
}
