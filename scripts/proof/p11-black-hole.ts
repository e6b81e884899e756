import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { madeStudy } from "../../test/faults/made-study.ts";
import { startBox } from "../../test/support/box.ts";
import { until } from "../../test/support/child.ts";
import { median, type Outcome, seconds, share, tell } from "./promise.ts";

const studies = 30;

/** Milliseconds from the first `complete` until the two other archives hold all studies, alone or beside a black hole. */
async function timed(hole: boolean): Promise<number> {
  const silent = { otherwise: { ending: "hang", keeps: "none" } } as const;
  const fakes = await Promise.all([startFakePacs(silent), startFakePacs(), startFakePacs()]);
  const tables = fakes.map(
    ({ dicomWebUrl }, n) => `[[destination]]\nid = "d${n}"\nkind = "stow-rs"\nurl = "${dicomWebUrl}"`,
  );
  const box = await startBox(`[limits]\nmax_open_uploads_per_user = 1000\n${tables.join("\n")}`);
  try {
    const client = await box.client();
    const to = { study_metadata: { destination_ids: hole ? ["d0", "d1", "d2"] : ["d1", "d2"] } };
    const opened = [];
    for (let n = 0; n < studies; n++) opened.push(await client.upload(madeStudy(10, 20_000).files, to));
    const started = performance.now();
    for (const one of opened) await client.complete(one);
    const whole = () => fakes.slice(1).every(({ held }) => held.size === studies * 10);
    await until("the others to hold all", whole, 120_000);
    return performance.now() - started;
  } finally {
    await box.stop();
    await Promise.all(fakes.map((fake) => fake.stop()));
  }
}

export async function run(scale: number): Promise<Outcome> {
  const rounds = share(9, scale);
  const [well, hole]: [number[], number[]] = [[], []];
  await timed(false); // the first run warms the machine
  for (let round = 0; round < rounds; round++) {
    well.push(await timed(false));
    hole.push(await timed(true));
    tell(
      `  P11: round ${round + 1} of ${rounds}: ${seconds(well.at(-1) ?? 0)} alone, ${seconds(hole.at(-1) ?? 0)} beside it`,
    );
  }
  const ratio = median(hole) / median(well);
  return {
    promise: "P11",
    what: "a dead destination blocks no other",
    target: "others ≤ 1.2 ×",
    measured: `two archives beside a black hole took ${ratio.toFixed(2)} × of what they take alone (medians of ${rounds}: ${seconds(median(hole))} against ${seconds(median(well))}; ${studies} studies of 10 images to each)`,
    passed: ratio <= 1.2,
  };
}
