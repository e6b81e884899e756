import { type Box, startBox } from "../support/box.ts";

/** A box with certificates of its own, and a fetch that trusts its authority alone. */
export interface LanBox {
  readonly box: Box;
  /** PEM. */
  readonly authority: string;
  /** Where `tls.http_listen` answers. */
  readonly plain: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

export const lanTls = 'mode = "auto"\nhttp_listen = "127.0.0.1:0"';

export async function startLanBox(toml = "", top = ""): Promise<LanBox> {
  const box = await startBox(toml, { tls: lanTls, top });
  const page = await (await fetch(`${box.url}/trust`, { tls: { rejectUnauthorized: false } })).text();
  const port = /http:\/\/[^/<"]+:(\d+)\/trust/.exec(page)?.[1] ?? "";
  const plain = `http://127.0.0.1:${port}`;
  const der = Buffer.from(await (await fetch(`${plain}/trust/ca.crt`)).arrayBuffer()).toString("base64");
  const authority = `-----BEGIN CERTIFICATE-----\n${der.match(/.{1,64}/g)?.join("\n")}\n-----END CERTIFICATE-----\n`;
  return {
    box,
    authority,
    plain,
    fetch: (path, init = {}) => fetch(box.url + path, { ...init, tls: { ca: authority } }),
    stop: () => box.stop(),
  };
}
