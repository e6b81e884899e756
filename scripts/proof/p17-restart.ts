import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import { madeStudy } from "../../test/faults/made-study.ts";
import { startBox } from "../../test/support/box.ts";
import { freePort, until } from "../../test/support/child.ts";
import { most, type Outcome, seconds, share } from "./promise.ts";

const queued = 1000;

export async function run(scale: number): Promise<Outcome> {
  const kills = share(10, scale);
  const port = await freePort();
  const box = await startBox(
    `[[destination]]\nid = "main"\nkind = "stow-rs"\nurl = "http://127.0.0.1:${port}/dicom-web"`,
  );
  let pacs: Awaited<ReturnType<typeof startFakePacs>> | undefined;
  try {
    const client = await box.client();
    const uploads: string[] = [];
    for (let round = 0; round < queued / 100; round++) {
      const files = Array.from({ length: 100 }, () => madeStudy(1)).flatMap((study) => study.files);
      const members = files.map(({ bytes }, n) => ({ name: `${n}.dcm`, data: bytes, stored: true }));
      const opened = await client.upload([{ name: "studies.zip", bytes: makeZip(members) }]);
      await client.complete(opened);
      uploads.push(opened.upload_id);
    }
    for (const id of uploads) await client.reach(id, new Set(["forwarding"]));
    const took: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      await box.kill();
      const started = performance.now();
      await box.start();
      const ready = async () => (await fetch(`${box.url}/ready`).catch(() => null))?.ok === true;
      await until("it to be ready", ready, 60_000);
      took.push(performance.now() - started);
    }
    pacs = await startFakePacs({ port });
    for (const id of uploads) await client.reach(id, new Set(["delivered"]), 120_000);
    const sent = pacs.held.size;
    return {
      promise: "P17",
      what: "quick restart with a backlog: 1 000 queued studies, kill -9",
      target: "ready ≤ 3 s",
      measured: `ready after ${seconds(most(took))} at most in ${kills} kills; then ${sent} of ${queued} studies delivered, ${pacs.stores.length} requests`,
      passed: most(took) <= 3000 && sent === queued,
    };
  } finally {
    await box.stop();
    await pacs?.stop();
  }
}
