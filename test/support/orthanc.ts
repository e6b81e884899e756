import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, program, startChild, until } from "./child.ts";

/** A real Orthanc with its DICOMweb plugin, on loopback, in a folder of its own. */
export interface OrthancServer {
  /** REST base, e.g. http://127.0.0.1:1234 */
  readonly url: string;
  /** DICOMweb base. */
  readonly dicomWebUrl: string;
  readonly dicomPort: number;
  readonly aeTitle: string;
  /** SOP Instance UIDs that it holds, one entry per copy. */
  instances(): Promise<string[]>;
  /** The Part 10 object it holds under this UID, one per copy. */
  files(sopInstanceUID: string): Promise<Uint8Array[]>;
  /** Empties it. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export interface OrthancOptions {
  readonly basic?: { readonly username: string; readonly password: string };
  /** Members of the configuration file beside the ones set here. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Where its own folder is made, and left; otherwise it goes when Orthanc stops. */
  readonly keptIn?: string;
}

const plugin = ["/usr/share/orthanc/plugins", "/usr/lib/orthanc/plugins", "/usr/local/share/orthanc/plugins"]
  .map((folder) => join(folder, "libOrthancDicomWeb.so"))
  .find((path) => existsSync(path));

/** Null where Orthanc or its DICOMweb plugin is not installed. */
export const orthancProgram: string | null = plugin === undefined ? null : program("Orthanc");

export async function startOrthanc(options: OrthancOptions = {}): Promise<OrthancServer> {
  if (orthancProgram === null) throw new Error("Orthanc with its DICOMweb plugin is not installed");
  const folder = await mkdtemp(join(options.keptIn ?? tmpdir(), "relaypacs-orthanc-"));
  const [httpPort, dicomPort] = [await freePort(), await freePort()];
  const { basic } = options;
  const config = {
    Name: "relaypacs-test",
    StorageDirectory: join(folder, "storage"),
    IndexDirectory: join(folder, "storage"),
    HttpPort: httpPort,
    DicomPort: dicomPort,
    DicomAet: "ORTHANC",
    RemoteAccessAllowed: false,
    AuthenticationEnabled: basic !== undefined,
    RegisteredUsers: basic === undefined ? {} : { [basic.username]: basic.password },
    OverwriteInstances: false,
    UnknownSopClassAccepted: true,
    DicomAlwaysAllowFind: true,
    HttpTimeout: 10,
    Plugins: [plugin],
    DicomWeb: { Enable: true, Root: "/dicom-web/" },
    ...options.config,
  };
  await writeFile(join(folder, "orthanc.json"), JSON.stringify(config));
  const child = startChild([orthancProgram, join(folder, "orthanc.json")]);
  const url = `http://127.0.0.1:${httpPort}`;
  const headers: Record<string, string> =
    basic === undefined ? {} : { authorization: `Basic ${btoa(`${basic.username}:${basic.password}`)}` };
  const get = (path: string, init: RequestInit = {}) => fetch(url + path, { ...init, headers });
  const ids = async (): Promise<string[]> => await (await get("/instances")).json();
  const answers = async () => (await get("/system").catch(() => null))?.ok === true;
  const stop = async () => {
    await child.stop();
    if (options.keptIn === undefined) await rm(folder, { recursive: true, force: true });
  };
  await until("Orthanc answers", answers).catch(async (error) => {
    await stop();
    throw new Error(`${error.message}\n${child.output().slice(-2000)}`);
  });
  return {
    url,
    dicomWebUrl: `${url}/dicom-web`,
    dicomPort,
    aeTitle: "ORTHANC",
    instances: async () => {
      const listed: { MainDicomTags: { SOPInstanceUID: string } }[] = await (await get("/instances?expand")).json();
      return listed.map((one) => one.MainDicomTags.SOPInstanceUID);
    },
    files: async (sopInstanceUID) => {
      const found: { ID: string; Type: string }[] = await (
        await get("/tools/lookup", { method: "POST", body: sopInstanceUID })
      ).json();
      const held = found.filter((one) => one.Type === "Instance");
      return Promise.all(held.map(async ({ ID }) => (await get(`/instances/${ID}/file`)).bytes()));
    },
    clear: async () => {
      for (const id of await ids()) await (await get(`/instances/${id}`, { method: "DELETE" })).body?.cancel();
    },
    stop,
  };
}
