import { hostname, networkInterfaces } from "node:os";
import type { Config } from "../core/config-schema.ts";
import { ipBytes } from "../core/ip.ts";
import { parseListen } from "../core/listen.ts";

/** What a browser may call the box by: what its certificate has to be good for. */
export interface BoxNames {
  readonly dns: readonly string[];
  readonly addresses: readonly string[];
}

/** What the machine says of itself. */
export interface Machine {
  readonly hostname: string;
  /** With its domain; "" where it has none. */
  readonly fqdn: string;
  readonly addresses: readonly string[];
}

const name = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
const answerMs = 2000;

/** Asks the system for the full host name; a resolver that hangs is not waited for. */
async function fullName(): Promise<string> {
  try {
    const asked = Bun.spawn(["hostname", "-f"], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
      timeout: answerMs,
    });
    return (await new Response(asked.stdout).text()).trim();
  } catch {
    return ""; // no such program: the short name is what there is
  }
}

export async function thisMachine(): Promise<Machine> {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return { hostname: hostname(), fqdn: await fullName(), addresses };
}

/** The host of `public_url`; "" where none is set. */
export const publicHost = ({ public_url }: Pick<Config, "public_url">): string =>
  URL.canParse(public_url) ? new URL(public_url).hostname.replace(/^\[|\]$/g, "") : "";

/** Host name, full name, NAME.local (RFC 6762), every address, and what the configuration names. */
export function boxNames(config: Pick<Config, "public_url" | "listen">, machine: Machine): BoxNames {
  const short = machine.hostname.toLowerCase().split(".")[0] ?? "";
  const named = [machine.hostname, machine.fqdn, short === "" ? "" : `${short}.local`, "localhost"];
  const configured = [publicHost(config), parseListen(config.listen)?.host ?? ""];
  const all = [...configured, ...named, ...machine.addresses].map((it) => it.toLowerCase().replace(/%.*$/, ""));
  const addresses = all.filter((it) => ipBytes(it)?.some((byte) => byte !== 0));
  const dns = all.filter((it) => ipBytes(it) === null && name.test(it) && !/^localhost\./.test(it));
  return { dns: [...new Set(dns)], addresses: [...new Set(addresses)] };
}
