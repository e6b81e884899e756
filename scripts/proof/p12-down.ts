import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { madeStudy } from "../../test/faults/made-study.ts";
import { startBox } from "../../test/support/box.ts";
import { freePort, until } from "../../test/support/child.ts";
import { type Outcome, share } from "./promise.ts";

export async function run(scale: number): Promise<Outcome> {
  const count = share(50, scale);
  const port = await freePort();
  const box = await startBox(`[limits]\nmax_open_uploads_per_user = 1000\n[retention]\nretry_hours = ${5 / 3600}
[[destination]]\nid = "main"\nkind = "stow-rs"\nurl = "http://127.0.0.1:${port}/dicom-web"`);
  let pacs: Awaited<ReturnType<typeof startFakePacs>> | undefined;
  try {
    const client = await box.client();
    const studies = Array.from({ length: count }, () => madeStudy(2));
    const opened = await Promise.all(studies.map(({ files }) => client.upload(files)));
    for (const one of opened) await client.complete(one);
    let parked = 0;
    for (const { upload_id } of opened) {
      const status = await client.reach(upload_id, new Set(["needs_attention", "delivered", "partial", "failed"]));
      const error = status.studies[0]?.deliveries[0]?.error;
      if (status.state === "needs_attention" && error?.code === "retry_time_exceeded" && error.message !== "")
        parked += 1;
    }
    pacs = await startFakePacs({ port });
    await until("the box to notice", () => box.events("destination.up").length > 0, 90_000);
    for (const { upload_id } of opened) await client.request("POST", `/upload/${upload_id}/retry`);
    for (const { upload_id } of opened) await client.reach(upload_id, new Set(["delivered"]), 120_000);
    const { held } = pacs;
    const vanished = studies.filter(({ bySop }) => [...bySop.keys()].some((uid) => !held.has(uid))).length;
    return {
      promise: "P12",
      what: "nothing gives up invisibly: the PACS down past a shortened retry_hours",
      target: "0 vanished",
      measured: `${parked} of ${count} studies parked with their reason, ${vanished} vanished; all delivered when asked again`,
      passed: parked === count && vanished === 0,
    };
  } finally {
    await box.stop();
    await pacs?.stop();
  }
}
