/** One way to sign in at a DICOMweb or REST server. OAuth2 and SigV4 fit behind it: they see the request and may wait. */
export interface HttpAuth {
  /**
   * The headers that sign this request in; asked before each one.
   * @param again the last answer was 401: whatever was cached is to be fetched afresh.
   */
  headersFor(request: SignedRequest, again: boolean): Promise<Readonly<Record<string, string>>>;
}

export interface SignedRequest {
  readonly method: string;
  readonly url: string;
}
