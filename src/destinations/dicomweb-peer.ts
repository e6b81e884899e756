import type { DicomWebConfig } from "../core/config-schema.ts";
import type { DestinationEnv } from "./env.ts";
import { type HttpPeer, type HttpRequest, httpPeer } from "./http-peer.ts";

/** One archive whose Store, Search and Retrieve (PS3.18 10.4 to 10.6) may lie under addresses of their own. */
export function dicomWebPeer(config: DicomWebConfig, env: DestinationEnv): HttpPeer {
  const { query_url, retrieve_url } = config;
  const store = httpPeer(config, env);
  if (query_url === undefined && retrieve_url === undefined) return store;
  const at = (url: string | undefined) => (url === undefined ? store : httpPeer({ ...config, url }, env));
  const [search, retrieve] = [at(query_url), at(retrieve_url)];
  // A query has its question in the address, an image its UIDs.
  const asked = ({ method, path }: HttpRequest) => (method !== "GET" ? store : path.includes("?") ? search : retrieve);
  return {
    secure: store.secure && search.secure && retrieve.secure,
    request: (request, signal) => asked(request).request(request, signal),
  };
}
