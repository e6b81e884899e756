import { expect, setDefaultTimeout, test } from "bun:test";
import { startBox } from "../support/box.ts";
import { freePort, until } from "../support/child.ts";
import type { Status } from "../support/client.ts";
import { startStoreScp, storescpProgram } from "../support/dcmtk.ts";
import { readDicom } from "../support/dicom-file.ts";
import { orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { madeStudy } from "./made-study.ts";

setDefaultTimeout(120_000);

const deliveryTo = (status: Status, id: string) =>
  status.studies[0]?.deliveries.find((one) => one.destination_id === id);

if (orthancProgram !== null && storescpProgram !== null) {
  test("one upload to four kinds of archive, one of them down: three delivered, it retries, and gets everything when it is back; each image once", async () => {
    const [stow, rest] = await Promise.all([startOrthanc(), startOrthanc()]);
    const port = await freePort();
    const box = await startBox(`
[[destination]]
id = "stow"
kind = "stow-rs"
url = "${stow.dicomWebUrl}"
[[destination]]
id = "rest"
kind = "orthanc"
url = "${rest.url}"
[[destination]]
id = "scp"
kind = "c-store"
host = "127.0.0.1"
port = ${port}
called_ae_title = "STORESCP"
[[destination]]
id = "folder"
kind = "folder"
path = "received"
[[route]]
name = "everywhere"
to = ["stow", "rest", "scp", "folder"]
`);
    let scp: Awaited<ReturnType<typeof startStoreScp>> | null = null;
    try {
      const person = await box.client();
      const study = madeStudy(12, 20_000);
      const opened = await person.upload(study.files);
      await person.complete(opened);
      const others = ["stow", "rest", "folder"];
      const settled = async () => {
        const status = await person.status(opened.upload_id);
        return others.every((id) => deliveryTo(status, id)?.state === "delivered");
      };
      await until("the three that are up", settled, 60_000);
      const meanwhile = await person.status(opened.upload_id);
      for (const id of others) expect(deliveryTo(meanwhile, id)).toMatchObject({ attempts: 1, error: null });
      await until("the fourth to be tried again", async () =>
        ["retrying", "waiting"].includes(deliveryTo(await person.status(opened.upload_id), "scp")?.state ?? ""),
      );
      expect((await person.status(opened.upload_id)).state).toBe("forwarding");

      // A name of its own for each C-STORE: a second copy would show.
      scp = await startStoreScp(["+uf"], undefined, port);
      const status = await person.reach(opened.upload_id, new Set(["delivered"]), 90_000);
      const uids = [...study.bySop.keys()].sort();
      expect((await stow.instances()).sort()).toEqual(uids);
      expect((await rest.instances()).sort()).toEqual(uids);
      expect((await scp.instances()).sort()).toEqual(uids);
      const names = [...new Bun.Glob("**/*.dcm").scanSync(`${box.dataDir}/received`)];
      const read = names.map(async (name) => {
        const bytes = await Bun.file(`${box.dataDir}/received/${name}`).bytes();
        return readDicom(bytes).sopInstanceUID;
      });
      expect((await Promise.all(read)).sort()).toEqual(uids);
      for (const id of others) expect(deliveryTo(status, id)?.attempts).toBe(1);
      expect(deliveryTo(status, "scp")).toMatchObject({ delivered_instances: 12, error: null });
    } finally {
      await box.stop();
      await Promise.all([stow.stop(), rest.stop(), scp?.stop()]);
    }
  });
}
