import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import type { Client } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { type OrthancServer, orthancProgram, startOrthanc } from "../support/orthanc.ts";

setDefaultTimeout(120_000);

/** Stands before the archive: holds what is sent of some studies until it is told to let it through. */
function doorTo(target: string) {
  const held = new Map<string, PromiseWithResolvers<void>>();
  const waiting = new Map<string, number>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = Buffer.from(await request.arrayBuffer());
      const sends = request.method === "POST" && /instances$|studies$/.test(pathname);
      for (const [study, { promise }] of sends ? held : [])
        if (body.includes(study)) {
          waiting.set(study, (waiting.get(study) ?? 0) + 1);
          await promise;
        }
      const headers = new Headers();
      for (const name of ["content-type", "accept"]) headers.set(name, request.headers.get(name) ?? "*/*");
      const { method } = request;
      const answer = await fetch(target + pathname + search, {
        method,
        headers,
        ...(method === "POST" ? { body } : {}),
      });
      const type = answer.headers.get("content-type") ?? "application/json";
      return new Response(await answer.bytes(), { status: answer.status, headers: { "content-type": type } });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    hold: (study: string) => void held.set(study, Promise.withResolvers()),
    waiting: (study: string) => waiting.get(study) ?? 0,
    open: (study: string) => held.get(study)?.resolve(),
    stop: () => server.stop(true),
  };
}

if (orthancProgram !== null) {
  let orthanc: OrthancServer;
  let door: ReturnType<typeof doorTo>;
  let box: Box;
  let sender: Client;
  const destination = (id: string, kind: string, path = "") =>
    `[[destination]]\nid = "${id}"\nkind = "${kind}"\nurl = "${door.url}${path}"\n`;
  beforeAll(async () => {
    orthanc = await startOrthanc();
    door = doorTo(orthanc.url);
    box = await startBox(
      `${destination("rest", "orthanc")}${destination("stow", "stow-rs", "/dicom-web")}batch_instances = 1\n`,
      { top: "limits.max_open_uploads_per_user = 100" },
    );
    sender = await box.client();
  });
  afterAll(async () => {
    await box.stop();
    door.stop();
    await orthanc.stop();
  });

  const study = (number: number) => `2.25.66${String(number).padStart(4, "0")}`;
  async function accept(number: number, id: string, level: "routine" | "stat", images = 1): Promise<string> {
    const files = Array.from({ length: images }, (_, index) => ({
      name: `${index}.dcm`,
      bytes: madeBytes({ study: study(number), series: `${study(number)}.1`, sop: `${study(number)}.1.${index + 1}` }),
    }));
    const opened = await sender.upload(files, { study_metadata: { service_level: level, destination_ids: [id] } });
    expect((await sender.complete(opened)).status).toBe(200);
    return opened.upload_id;
  }
  const archived = async (number: number) =>
    (await orthanc.instances()).filter((uid) => uid.startsWith(`${study(number)}.`));
  const delivered = new Set(["delivered"]);

  test("STAT behind 50 queued routine studies is in the archive before the next routine one starts", async () => {
    for (const number of [0, 99]) door.hold(study(number));
    const first = await accept(0, "rest", "routine");
    await until("the first one to be on its way", () => door.waiting(study(0)) > 0);
    const routine = [first];
    for (let number = 1; number <= 50; number++) routine.push(await accept(number, "rest", "routine"));
    await Promise.all(routine.slice(1).map((id) => sender.reach(id, new Set(["forwarding"]))));
    const urgent = await accept(99, "rest", "stat");
    await until("the urgent one to be on its way", () => door.waiting(study(99)) > 0);
    // Its place is free from here on, and 50 wait for it.
    door.open(study(0));
    await sender.reach(first, delivered);
    door.open(study(99));
    await sender.reach(urgent, delivered);
    expect(await archived(99)).toHaveLength(1);
    await Promise.all(routine.map((id) => sender.reach(id, delivered)));
    const events = box.lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    const at = (name: string, uploadId: string) =>
      events.findIndex((it) => it.event === name && it.upload_id === uploadId);
    const starts = routine.slice(1).map((id) => at("delivery.started", id));
    expect(Math.min(...starts)).toBeGreaterThan(at("delivery.finished", urgent));
    expect(events[at("delivery.finished", urgent)]).toMatchObject({
      service_level: "stat",
      duration_ms: expect.any(Number),
    });
  });

  test.each(["rest", "stow"])(
    "STAT overtakes a routine study that is under way (%s), of which nothing goes twice",
    async (id) => {
      const [slow, urgent] = id === "rest" ? [200, 201] : [210, 211];
      for (const number of [slow, urgent]) door.hold(study(number));
      const routine = await accept(slow, id, "routine", 12);
      await until("four requests of it to be on their way", () => door.waiting(study(slow)) === 4);
      const stat = await accept(urgent, id, "stat");
      await until("the urgent one to be on its way", () => door.waiting(study(urgent)) > 0);
      door.open(study(slow));
      const stopped = async () => (await sender.status(routine)).studies[0]?.deliveries[0];
      await until("it to stop behind what was on its way", async () => (await stopped())?.state === "pending");
      expect(await stopped()).toMatchObject({ delivered_instances: 4, error: null });
      expect(door.waiting(study(slow))).toBe(4);
      door.open(study(urgent));
      await sender.reach(stat, delivered);
      await sender.reach(routine, delivered);
      expect(await archived(slow)).toHaveLength(12);
      expect(door.waiting(study(slow))).toBe(12);
    },
  );
}
