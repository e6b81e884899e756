import type { ClientTlsConfig } from "../../core/config-schema.ts";
import type { HttpBody, HttpPeer, HttpRequest } from "../http-peer.ts";

/** The way to a token endpoint: the same guard, time-outs and limits as to an archive, and no sign-in. */
export type PeerAt = (url: string, tls: ClientTlsConfig | undefined) => HttpPeer;

/** A request as it stands before it is signed in. */
export interface UnsignedRequest {
  readonly method: HttpRequest["method"];
  /** The full address, as configured and with its query. */
  readonly url: string;
  /** All other headers that go along; Content-Length where there is a streamed body. */
  readonly headers: Headers;
  readonly body: HttpBody | string | undefined;
}

/** What signs a request in: headers beside its own, and a body in place of its own where each piece of it is signed. */
export interface SignIn {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
}

/** One way to sign in at a DICOMweb or REST server. */
export interface HttpAuth {
  /**
   * Signs a request in; asked before each one.
   * @param rejected the headers that were answered with 401: whatever they came from is to be fetched afresh.
   * @throws DestinationError where a token has to be asked for and is not given
   */
  signIn(request: UnsignedRequest, signal: AbortSignal, rejected: SignIn["headers"] | null): Promise<SignIn>;
  /** Told each answer that is no success. @returns whether there is another manner of signing the same request in, to be tried now */
  refused?(signedBy: SignIn["headers"], status: number, headers: Headers): boolean;
}
