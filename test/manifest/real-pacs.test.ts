import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { fileOf } from "../support/client.ts";
import { type StoreScp, startStoreScp, storescpProgram } from "../support/dcmtk.ts";
import { dataSetBytes } from "../support/dicom-file.ts";
import { type ManifestRow, manifestRows } from "../support/manifest.ts";
import { type OrthancServer, orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { sharedData } from "../support/shared-data.ts";
import { filesOfFolder, type Lab, sha256, startLab } from "./lab.ts";
import { verdictOf } from "./verdict.ts";

setDefaultTimeout(60_000);

/** Why DCMTK's storescp (3.6.7, every transfer syntax it knows) does not take an object. */
const unknownSyntax = { scp: "transfer_syntax_refused" } as const;
/** Orthanc 1.10 reads no identifiers out of elements with VR UN when they come by STOW-RS: "Missing a mandatory tag". */
const unreadIdentifiers = { stow: "instance_refused" } as const;
/** Objects that an archive refuses: they are parked with the reason, never called delivered. */
const refusedBy: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "dicom/single/ct-ts-jpeg-lossless-57.dcm": unknownSyntax,
  "dicom/single/ct-ts-jpeg-progressive-55.dcm": unknownSyntax,
  "dicom/single/ct-ts-jpeg-spectral-53.dcm": unknownSyntax,
  "dicom/single/ot-htj2k-lossless-201.dcm": unknownSyntax,
  "dicom/single/seg-deflated-frames.dcm": unknownSyntax,
  "dicom/single/ct-vr-un.dcm": unreadIdentifiers,
  "dicom/single/rtdose-rle.dcm": unreadIdentifiers,
};

/** Everything the manifest accepts, into real archives: by STOW-RS, Orthanc's REST API and C-STORE. */
if (sharedData !== null && orthancProgram !== null && storescpProgram !== null) {
  let lab: Lab;
  let peers: Readonly<Record<string, OrthancServer | StoreScp>>;
  beforeAll(async () => {
    const [stow, orthanc, scp] = await Promise.all([startOrthanc(), startOrthanc(), startStoreScp()]);
    peers = { stow, orthanc, scp };
    const cStore = `host = "127.0.0.1"\nport = ${scp.port}\ncalled_ae_title = "${scp.aeTitle}"`;
    const destinations = [
      `id = "stow"\nkind = "stow-rs"\nurl = "${stow.dicomWebUrl}"`,
      `id = "orthanc"\nkind = "orthanc"\nurl = "${orthanc.url}"`,
      `id = "scp"\nkind = "c-store"\n${cStore}`,
    ];
    lab = await startLab(destinations.map((it) => `[[destination]]\ndefault = true\n${it}`).join("\n"));
  });
  afterAll(async () => {
    await lab.stop();
    for (const peer of Object.values(peers)) await peer.stop();
  });

  /** C-STORE needs an even length (PS3.5 7.1.1): what came odd has one NUL behind its end there. */
  const even = (bytes: Uint8Array) =>
    sha256(bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(1)]));
  const contents = (objects: Iterable<Uint8Array>) => [...objects].map((it) => even(dataSetBytes(it))).sort();
  async function taken(peer: OrthancServer | StoreScp): Promise<string[]> {
    const copies = await Promise.all([...new Set(await peer.instances())].map((uid) => peer.files(uid)));
    await peer.clear();
    return contents(copies.flat());
  }

  const rows = [
    ...manifestRows("DICOM: single files"),
    ...manifestRows("DICOM: whole studies and file sets"),
    ...manifestRows("Invalid and odd DICOM"),
    ...manifestRows("Archives"),
  ].filter((row) => verdictOf(row).accepted.length > 0);
  const filesOf = ({ path, file }: ManifestRow) => (path.endsWith("/") ? filesOfFolder(file) : [fileOf(file)]);

  /** Of a picture only its sender knows whose it is. */
  const whose = { study_metadata: { patient_name: "PICTURE^ALONE", patient_id: "PIC-1" } };

  describe("every archive holds what the folder holds, byte for byte, or its refusal is told", () => {
    for (const row of rows)
      test(row.path, async () => {
        const { status, arrived } = await lab.send(filesOf(row), whose);
        const refused = refusedBy[row.path] ?? {};
        expect(arrived.size).toBeGreaterThan(0);
        for (const [id, peer] of Object.entries(peers)) {
          const deliveries = status.studies.flatMap((study) =>
            study.deliveries.filter((it) => it.destination_id === id),
          );
          const outcomes = new Set(deliveries.map(({ state, error }) => error?.code ?? state));
          expect([id, ...outcomes]).toEqual([id, refused[id] ?? "delivered"]);
          expect(await taken(peer)).toEqual(id in refused ? [] : contents(arrived.values()));
        }
        if (Object.keys(refused).length === 0) return;
        expect(status.state).toBe("needs_attention");
        const client = await lab.box.client();
        expect((await client.request("POST", `/upload/${status.upload_id}/accept`)).status).toBe(200);
        expect((await client.status(status.upload_id)).state).toBe("partial");
      });
  });
}
