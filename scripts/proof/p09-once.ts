import { expect } from "bun:test";
import { type MadeStudy, madeStudy } from "../../test/faults/made-study.ts";
import { startBox } from "../../test/support/box.ts";
import { until } from "../../test/support/child.ts";
import { startOrthanc } from "../../test/support/orthanc.ts";
import { type PacsFault, startFaultyPacs } from "./faulty-pacs.ts";
import { type Outcome, share, tell } from "./promise.ts";

/** What meets the first sending of a study, in turn; every other time the archive has not even got it. */
const kinds: Record<string, readonly [PacsFault, PacsFault]> = {
  kill: [
    { passes: true, ending: "silence" },
    { passes: true, ending: "silence" },
  ],
  "5xx": [
    { passes: true, ending: 502 },
    { passes: false, ending: 503 },
  ],
  reset: [
    { passes: true, ending: "reset" },
    { passes: false, ending: "reset" },
  ],
  timeout: [
    { passes: true, ending: "silence" },
    { passes: false, ending: "silence" },
  ],
  "400 though stored": [
    { passes: true, ending: 400 },
    { passes: true, ending: 400 },
  ],
};
const names = Object.keys(kinds);
const instances = 3;

export interface Once {
  readonly studies: number;
  /** Of them, seen once by QIDO-RS with every instance, and called delivered. */
  readonly delivered: number;
  /** Parked with a code and a sentence, nothing there twice. */
  readonly parked: number;
  /** Instances that the archive was given more than once. */
  readonly givenTwice: number;
}

/** Rounds of five studies, one for each kind of trouble, to a real Orthanc. */
export async function onceAtThePacs(rounds: number): Promise<Once> {
  const orthanc = await startOrthanc();
  const pending = new Map<string, PacsFault>();
  const arrived = new Set<string>();
  const pacs = await startFaultyPacs(
    orthanc.url,
    ({ studies: [uid = ""] }) => {
      const trouble = pending.get(uid) ?? null;
      pending.delete(uid);
      return trouble;
    },
    ({ studies }) => {
      for (const uid of studies) arrived.add(uid);
    },
  );
  const box = await startBox(
    `[limits]\nmax_open_uploads_per_user = 1000\nrequests_per_minute = 1000000
[[destination]]\nid = "main"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"\ntimeout_seconds = 1`,
  );
  const sum = { studies: 0, delivered: 0, parked: 0 };
  try {
    const client = await box.client();
    for (let round = 0; round < rounds; round++) {
      const studies: MadeStudy[] = names.map(() => madeStudy(instances));
      for (const [index, { uid }] of studies.entries()) {
        const fault = kinds[names[index] ?? ""]?.[round % 2];
        if (fault) pending.set(uid, fault);
      }
      const opened = await Promise.all(studies.map(({ files }) => client.upload(files)));
      for (const one of opened) expect((await client.complete(one)).status).toBe(200);
      const [killed] = studies;
      await until("the archive to hold what nobody was told", () => arrived.has(killed?.uid ?? ""));
      await box.kill();
      await box.start();
      for (const [index, { upload_id }] of opened.entries()) {
        const status = await client.reach(upload_id, new Set(["delivered", "needs_attention"]), 120_000);
        const study = studies[index];
        const answer = await fetch(`${orthanc.dicomWebUrl}/studies/${study?.uid}/instances`);
        const found = answer.status === 204 ? [] : ((await answer.json()) as { "00080018": { Value: string[] } }[]);
        const uids = found.map((one) => one["00080018"].Value[0] ?? "").sort();
        const whole = JSON.stringify(uids) === JSON.stringify([...(study?.bySop.keys() ?? [])].sort());
        const [delivery] = status.studies[0]?.deliveries ?? [];
        sum.studies += 1;
        if (status.state === "delivered" && whole) sum.delivered += 1;
        else if (delivery?.error && new Set(uids).size === uids.length) sum.parked += 1;
      }
      if ((round + 1) % 10 === 0) tell(`  P9: ${sum.studies} studies, ${sum.delivered} once, ${sum.parked} parked`);
    }
    return { ...sum, givenTwice: [...pacs.given.values()].filter((times) => times > 1).length };
  } finally {
    await box.stop();
    await pacs.stop();
    await orthanc.stop();
  }
}

export async function run(scale: number): Promise<Outcome> {
  const { studies, delivered, parked, givenTwice } = await onceAtThePacs(Math.ceil(share(200, scale) / names.length));
  return {
    promise: "P9",
    what: `once as seen by the PACS, or parked with the reason (${names.join(", ")})`,
    target: "200 of 200",
    measured: `${delivered + parked} of ${studies} by QIDO-RS at a real Orthanc: ${delivered} whole and once, ${parked} parked; ${givenTwice} instances given to it twice`,
    passed: delivered + parked === studies,
  };
}
