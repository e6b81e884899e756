import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import type { ClientTlsConfig, DestinationConfig } from "../core/config-schema.ts";
import { failedSteps } from "./check-steps.ts";
import type { CheckStep } from "./destination.ts";
import type { DestinationEnv } from "./env.ts";
import { requireOutgoing, writtenHost } from "./outgoing-address.ts";
import { tlsFiles } from "./tls-files.ts";
import { transportError } from "./transport-errors.ts";

const CONNECT_MS = 10_000;
const DAY_MS = 86_400_000;
/** A certificate that ends within so many days is spoken of. */
const SOON_DAYS = 30;

interface Place {
  readonly host: string;
  readonly port: number;
  /** Null: not encrypted. */
  readonly tls: ClientTlsConfig | null;
}

function placeOf(config: DestinationConfig): Place | null {
  if (config.kind === "folder") return null;
  if (config.kind === "c-store") {
    const tls = config.tls === undefined || config.tls === false ? null : config.tls === true ? {} : config.tls;
    return { host: config.host, port: config.port, tls };
  }
  const { protocol, port } = new URL(config.url);
  const secure = protocol === "https:";
  return {
    host: writtenHost(config.url).replace(/^\[|\]$/g, ""),
    port: Number(port) || (secure ? 443 : 80),
    tls: secure ? (config.tls ?? {}) : null,
  };
}

/** From the name to the certificate, one after the other; what comes behind a step that failed is not tried. */
export async function* reachSteps(
  config: DestinationConfig,
  env: DestinationEnv,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const place = placeOf(config);
  if (place === null) return;
  const { host, port, tls } = place;
  let addresses: readonly string[];
  try {
    addresses = await requireOutgoing(host, env.resolve, env.fromFile);
    if (isIP(host) === 0) yield { name: "Name", ok: true, detail: `${host} is ${addresses.join(", ")}` };
  } catch (error) {
    const fix = `Ask "getent hosts ${host}" on this machine; correct the name in the configuration, or its name server.`;
    yield { name: "Name", ok: false, detail: transportError(error).message, fix };
    return;
  }
  const address = addresses[0] ?? host;
  try {
    await opened(connectTcp({ host: address, port }), "connect", signal);
    yield { name: "Port", ok: true, detail: `${address} port ${port} takes connections` };
  } catch (error) {
    signal.throwIfAborted();
    const fix = `Check that the archive runs, that ${port} is its port, and that firewalls let this box through to ${address}.`;
    yield { name: "Port", ok: false, detail: transportError(error).message, fix };
    return;
  }
  if (tls !== null) yield await certificateStep(host, address, port, tls, signal);
}

async function certificateStep(
  host: string,
  address: string,
  port: number,
  tls: ClientTlsConfig,
  signal: AbortSignal,
): Promise<CheckStep> {
  const name = "Certificate";
  const to = { host: address, port, ...(isIP(host) === 0 ? { servername: host } : {}) };
  try {
    const files = tlsFiles(tls);
    const shown = await opened(connectTls({ ...to, ...files }), "secureConnect", signal, certificateOf);
    return { name, ok: true, detail: describe(shown) };
  } catch (error) {
    signal.throwIfAborted();
    const [failed] = failedSteps(transportError(error));
    // What it shows, whoever made it: IT can compare it with what the archive's own screen says.
    const unchecked = { ...to, rejectUnauthorized: false };
    const shown = await opened(connectTls(unchecked), "secureConnect", signal, certificateOf).catch(() => null);
    const detail = `${failed?.detail ?? ""}${shown === null ? "" : ` It shows: ${describe(shown)}.`}`;
    return { name, ok: false, detail, ...(failed?.fix === undefined ? {} : { fix: failed.fix }) };
  }
}

interface Shown {
  readonly certificate: DetailedPeerCertificate;
  readonly protocol: string;
}

const certificateOf = (socket: TLSSocket): Shown => ({
  certificate: socket.getPeerCertificate(true),
  protocol: socket.getProtocol() ?? "TLS",
});

function describe({ certificate, protocol }: Shown): string {
  const days = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / DAY_MS);
  const chain = [certificate.subject?.CN ?? "no name"];
  const seen = new Set<string>();
  for (let at: DetailedPeerCertificate | undefined = certificate; at && !seen.has(at.fingerprint256); ) {
    seen.add(at.fingerprint256);
    const issuer = at.issuer?.CN;
    if (issuer !== undefined && issuer !== chain.at(-1)) chain.push(String(issuer));
    at = at.issuerCertificate;
  }
  const left =
    days < 0
      ? `ended ${-days} days ago`
      : `valid until ${new Date(certificate.valid_to).toISOString().slice(0, 10)}, ${days} days left${days < SOON_DAYS ? ", to be renewed soon" : ""}`;
  return `${protocol}, ${chain.join(" by ")}, ${left}, SHA-256 ${certificate.fingerprint256}`;
}

/** Opens a connection and lets it go again. @throws the socket's error, the signal's reason */
async function opened<S extends ReturnType<typeof connectTcp>, T>(
  socket: S,
  event: string,
  signal: AbortSignal,
  look?: (socket: S) => T,
): Promise<T> {
  try {
    await new Promise<void>((resolve, reject) => {
      const over = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
      const late = () => reject(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" }));
      over.addEventListener("abort", late, { once: true });
      socket.once(event, () => resolve());
      socket.once("error", reject);
    });
    return look?.(socket) as T;
  } finally {
    socket.destroy();
  }
}
