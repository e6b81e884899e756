import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, program, startChild, until } from "./child.ts";
import { readDicom } from "./dicom-file.ts";

/** DCMTK's storescp: takes everything it knows, writes the data set as it came, one file per C-STORE. */
export interface StoreScp {
  readonly port: number;
  readonly aeTitle: string;
  /** SOP Instance UIDs that it holds, one entry per copy. */
  instances(): Promise<string[]>;
  files(sopInstanceUID: string): Promise<Uint8Array[]>;
  /** Empties it. */
  clear(): Promise<void>;
  output(): string;
  stop(): Promise<void>;
}

export const storescpProgram: string | null = program("storescp");

/**
 * @param flags more options of storescp, such as --abort-after or TLS ones
 * @param at the port, where it has to be a certain one
 * @param only SOP classes that it takes in Explicit VR Little Endian and in nothing else; by default everything
 */
export async function startStoreScp(
  flags: readonly string[] = [],
  only?: readonly string[],
  at?: number,
): Promise<StoreScp> {
  if (storescpProgram === null) throw new Error("DCMTK is not installed");
  const folder = await mkdtemp(join(tmpdir(), "relaypacs-storescp-"));
  const port = at ?? (await freePort());
  // +B writes the data set exactly as read; +xa takes every transfer syntax; -pm every storage class.
  const config = `${folder}.cfg`;
  if (only !== undefined) await writeFile(config, explicitOnly(only));
  const takes = only === undefined ? ["+xa", "-pm"] : ["-xf", config, "Only"];
  const child = startChild([storescpProgram, "+B", ...takes, "-od", folder, ...flags, String(port)], {
    env: { TCP_NODELAY: "1" },
  });
  const stop = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
    await rm(config, { force: true });
  };
  const listens = async () => {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } }).catch(() => null);
    socket?.end();
    return socket !== null;
  };
  await until("storescp listens", listens).catch(async (error) => {
    await stop();
    throw new Error(`${error.message}\n${child.output().slice(-2000)}`);
  });
  const all = async () => Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))));
  return {
    port,
    aeTitle: "STORESCP",
    instances: async () => (await all()).map((bytes) => readDicom(bytes).sopInstanceUID),
    files: async (uid) => (await all()).filter((bytes) => readDicom(bytes).sopInstanceUID === uid),
    clear: async () => {
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
    },
    output: child.output,
    stop,
  };
}

/** An association configuration of DCMTK (asconfig.txt). */
function explicitOnly(sopClasses: readonly string[]): string {
  const contexts = [...new Set(sopClasses)].map((uid, index) => `PresentationContext${index + 1} = ${uid}\\Plain`);
  return [
    "[[TransferSyntaxes]]",
    "[Plain]",
    "TransferSyntax1 = LittleEndianExplicit",
    "[[PresentationContexts]]",
    "[Storage]",
    ...contexts,
    "[[Profiles]]",
    "[Only]",
    "PresentationContexts = Storage",
    "",
  ].join("\n");
}

export const dcmqrscpProgram: string | null = program("dcmqrscp");

/** DCMTK's dcmqrscp: a small archive that answers C-FIND. */
export async function startQueryScp(): Promise<{
  readonly port: number;
  readonly aeTitle: string;
  stop(): Promise<void>;
}> {
  if (dcmqrscpProgram === null) throw new Error("DCMTK is not installed");
  const folder = await mkdtemp(join(tmpdir(), "relaypacs-dcmqrscp-"));
  const port = await freePort();
  const config = [
    `NetworkTCPPort = ${port}`,
    "MaxPDUSize = 16384",
    "MaxAssociations = 16",
    "HostTable BEGIN",
    "HostTable END",
    "VendorTable BEGIN",
    "VendorTable END",
    "AETable BEGIN",
    `QRSCP ${folder} RW (200, 1024mb) ANY`,
    "AETable END",
  ];
  const configFile = join(folder, "dcmqrscp.cfg");
  await writeFile(configFile, `${config.join("\n")}\n`);
  const child = startChild([dcmqrscpProgram, "-c", configFile]);
  const stop = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const listens = async () => {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } }).catch(() => null);
    socket?.end();
    return socket !== null;
  };
  await until("dcmqrscp listens", listens).catch(async (error) => {
    await stop();
    throw new Error(`${error.message}\n${child.output().slice(-2000)}`);
  });
  return { port, aeTitle: "QRSCP", stop };
}
