import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Config } from "../core/config-schema.ts";
import { boxNames, type Machine, publicHost, thisMachine } from "./names.ts";
import type { OwnCertificate } from "./own-certificate.ts";

/** What the listener is bound with. */
export interface ServedPair {
  /** PEM, the server's certificate first. */
  readonly cert: string;
  readonly key: string;
}

/** When the server's certificate ends, milliseconds since 1970. */
export const endOf = ({ cert }: ServedPair): number => Date.parse(new X509Certificate(cert).validTo);

/** The certificate in use, whichever way it came about. */
export interface Serving {
  /** Null where `tls.mode` is "off". */
  readonly pair: ServedPair | null;
  /** The box's own, with the authority that devices have to trust; null for `files` and `off`. */
  readonly own: OwnCertificate | null;
  /**
   * Looks again: the files, or the names and the age of the own certificate.
   * @returns whether another certificate is to be bound
   */
  refresh(): Promise<boolean>;
}

interface ServingDeps {
  readonly config: () => Config;
  readonly machine?: () => Promise<Machine>;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** @throws Error where a file cannot be read, or the own authority is damaged */
export async function openServing({ config, machine = thisMachine, now = Date.now }: ServingDeps): Promise<Serving> {
  let pair: ServedPair | null = null;
  let own: OwnCertificate | null = null;
  const read: Readonly<Record<Config["tls"]["mode"], () => Promise<ServedPair | null>>> = {
    off: async () => null,
    files: async () => {
      const { cert, key } = config().tls;
      return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
    },
    auto: async () => {
      await import("reflect-metadata"); // first of all: bundled, an import line in the same module comes too late (measured)
      const { ownCertificate } = await import("./own-certificate.ts"); // its library is loaded where it is needed
      own = await ownCertificate(config().data_dir, boxNames(config(), await machine()), now());
      return own;
    },
  };
  const refresh = async () => {
    const next = await read[config().tls.mode]();
    const changed = next?.cert !== pair?.cert || next?.key !== pair?.key;
    pair = next === null ? null : { cert: next.cert, key: next.key };
    return changed;
  };
  await refresh();
  return {
    get pair() {
      return pair;
    },
    get own() {
      return own;
    },
    refresh,
  };
}

/** What is wrong with the certificate in use, in words; for the start and for `doctor`. */
export async function servingFaults({ pair, own }: Serving, config: Config, now = Date.now()): Promise<Fault[]> {
  if (pair === null) return [];
  if (own === null) {
    const { certificateFaults } = await import("./file-check.ts");
    return certificateFaults(pair.cert, pair.key, publicHost(config), now);
  }
  const late = own.authorityUntil - now < quarter ? [`the box's authority ends on ${dayOf(own.authorityUntil)}`] : [];
  const outside = own.outside.map((name) => `the box's authority was not made for ${name}`);
  return [...late, ...outside].map((words) => ({ words, fix: newAuthority }));
}

const quarter = 90 * 86_400_000;
/** Renewed by a person alone, for all devices have to be set up again. */
const newAuthority =
  "Stop the box, delete keys/tls-authority.pem below data_dir, start it, and set the devices up again at /trust.";
/** As a date alone. @param time milliseconds */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

export interface Fault {
  readonly words: string;
  readonly fix: string;
}
