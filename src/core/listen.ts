/** Where the server listens: a host without brackets, and a TCP port (with 0 the system chooses a free one). */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads "host:port", with IPv6 in brackets ("[::1]:0"); null where it is not one. */
export function parseListen(listen: string): ListenAddress | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})$/i.exec(listen);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65535 ? null : { host, port };
}

/** Whether only this machine can reach the address. */
export const isLoopback = (host: string): boolean =>
  /^127(\.\d{1,3}){3}$/.test(host) || host === "::1" || host.toLowerCase() === "localhost";
