import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Behaviour, FakePacsOptions } from "../../src/fake-pacs/behaviour.ts";
import { type FakePacs, startFakePacs } from "../../src/fake-pacs/server.ts";
import { type Box, startBox } from "../support/box.ts";
import { freePort, until } from "../support/child.ts";
import type { Client, Status } from "../support/client.ts";
import { madeStudy } from "./made-study.ts";

/** What an archive can do to a study of three instances, what the box says then, and what it does once the archive is well. */
interface Row {
  readonly name: string;
  readonly fault: Behaviour | "down" | "other password";
  /** delivered although the archive misbehaved · itself: tried again without anybody · retry: parked until a person asks. */
  readonly goesOn: "delivered" | "itself" | "retry";
  readonly codes?: readonly string[];
  /** A part of the sentence. */
  readonly words?: RegExp;
  /** What the archive has before it is well. */
  readonly delivered?: number;
  readonly secondsTillRetry?: number;
}

const password = { right: "right", other: "other" };
const fails = (reason: number): Behaviour => ({ fails: (_, index) => (index === 1 ? reason : undefined) });
const failsAll = (reason: number): Behaviour => ({ fails: () => reason });
const refuses = (status: number, more: Behaviour = {}): Behaviour => ({ ...more, refuses: () => status });

const rows: readonly Row[] = [
  { name: "is down", fault: "down", goesOn: "itself", codes: ["destination_unreachable"], words: /refuses the conn/ },
  {
    name: "reads all, keeps nothing and stays silent",
    fault: { keeps: "none", ending: "hang" },
    goesOn: "itself",
    codes: ["destination_timeout"],
    words: /silent/,
  },
  { name: "keeps all and stays silent", fault: { ending: "hang" }, goesOn: "delivered" },
  { name: "keeps all and cuts the connection", fault: { ending: "close" }, goesOn: "delivered" },
  {
    name: "cuts the connection midway",
    fault: { closeAfterBytes: 300 },
    goesOn: "itself",
    codes: ["destination_unreachable"],
  },
  {
    name: "answers 200 with one failed",
    fault: { ...fails(0xa900), status: 200 },
    goesOn: "retry",
    codes: ["instance_refused"],
    words: /^1 of 3 images was refused: .*does not match/,
    delivered: 2,
  },
  {
    name: "says that it stored all and has nothing",
    fault: { keeps: "none" },
    goesOn: "itself",
    codes: ["not_confirmed"],
  },
  {
    name: "answers 202, one out of resources",
    fault: fails(0xa700),
    goesOn: "itself",
    codes: ["destination_busy"],
    delivered: 2,
  },
  { name: "answers 400 though it stored all", fault: { status: 400, body: "{}" }, goesOn: "delivered" },
  { name: "answers 400", fault: refuses(400), goesOn: "retry", codes: ["instance_refused"], words: /^3 of 3 .*400/ },
  { name: "answers 409, A700", fault: failsAll(0xa700), goesOn: "itself", codes: ["destination_busy"] },
  { name: "answers 409, A900", fault: failsAll(0xa900), goesOn: "retry", codes: ["instance_refused"] },
  { name: "answers 409, C122", fault: failsAll(0xc122), goesOn: "retry", codes: ["transfer_syntax_refused"] },
  { name: "answers 409, 0122", fault: failsAll(0x0122), goesOn: "retry", codes: ["transfer_syntax_refused"] },
  { name: "answers 409, 0110", fault: failsAll(0x0110), goesOn: "retry", codes: ["instance_refused"] },
  { name: "answers 409 and names nobody", fault: refuses(409), goesOn: "retry", codes: ["instance_refused"] },
  {
    name: "takes one at a time (413)",
    fault: { refuses: ({ length }) => (length > 1 ? 413 : undefined) },
    goesOn: "delivered",
  },
  { name: "takes not even one (413)", fault: refuses(413), goesOn: "retry", codes: ["instance_refused"] },
  {
    name: "asks for patience (503 with Retry-After)",
    fault: refuses(503, { headers: { "retry-after": "3" } }),
    goesOn: "itself",
    codes: ["destination_busy"],
    secondsTillRetry: 3,
  },
  {
    name: "sends a proxy's page",
    fault: { keeps: "none", body: "<html><body>Welcome</body></html>", headers: { "content-type": "text/html" } },
    goesOn: "itself",
    codes: ["destination_bad_answer"],
  },
  {
    name: "never ends its answer",
    fault: { keeps: "none", body: "endless" },
    goesOn: "itself",
    codes: ["destination_bad_answer", "destination_timeout"],
  },
  {
    name: "knows another password",
    fault: "other password",
    goesOn: "retry",
    codes: ["destination_auth_failed"],
    words: /sign-in/,
  },
  {
    name: "points elsewhere",
    fault: refuses(307, { headers: { location: "http://127.0.0.1:1/" } }),
    goesOn: "retry",
    codes: ["destination_rejected"],
    words: /another address/,
  },
];

const basic = (secret: string) => `Basic ${btoa(`relay:${secret}`)}`;
interface Peer {
  readonly port: number;
  readonly options: { -readonly [key in keyof FakePacsOptions]: FakePacsOptions[key] };
  pacs: FakePacs | null;
}

let box: Box;
let client: Client;
const peers: Peer[] = [];
beforeAll(async () => {
  for (const { fault } of rows) {
    const port = await freePort();
    const options = {
      port,
      authorization: basic(fault === "other password" ? password.other : password.right),
      otherwise: typeof fault === "string" ? {} : fault,
    };
    peers.push({ port, options, pacs: fault === "down" ? null : await startFakePacs(options) });
  }
  const auth = `auth = { type = "basic", username = "relay", password = "${password.right}" }`;
  const tables = peers.map(
    ({ port }, index) =>
      `[[destination]]\nid = "d${index}"\nkind = "stow-rs"\nurl = "http://127.0.0.1:${port}/dicom-web"\ntimeout_seconds = 0.6\n${auth}`,
  );
  box = await startBox(tables.join("\n"));
  client = await box.client();
});
afterAll(async () => {
  await box.stop();
  await Promise.all(peers.map(({ pacs }) => pacs?.stop()));
});

const deliveryOf = (status: Status) => {
  const delivery = status.studies[0]?.deliveries[0];
  if (!delivery) throw new Error("there is no delivery");
  return delivery;
};

describe("an archive that", () => {
  for (const [
    index,
    { name, fault, goesOn, codes = [], words = /./, delivered = 0, secondsTillRetry },
  ] of rows.entries())
    test.concurrent(name, async () => {
      const peer = peers[index];
      if (!peer) throw new Error("no peer");
      const study = madeStudy(3);
      const opened = await client.upload(study.files, { study_metadata: { destination_ids: [`d${index}`] } });
      await client.complete(opened);
      const look = () => client.status(opened.upload_id);
      let status = await look();
      const told = () => codes.includes(status.studies[0]?.deliveries[0]?.error?.code ?? "");
      const ended = () => status.state === "delivered";
      await until(
        `what is expected; it is ${JSON.stringify(status.studies[0]?.deliveries)}`,
        async () => {
          status = await look();
          return told() || ended();
        },
        30_000,
      ).catch((error: Error) => {
        throw new Error(`${error.message}; last: ${JSON.stringify(status.studies[0]?.deliveries)}`);
      });

      const held = new Set(peer.pacs?.held.keys() ?? []);
      expect(deliveryOf(status).delivered_instances).toBeLessThanOrEqual(held.size);
      if (goesOn !== "delivered") {
        const parked = goesOn === "retry";
        expect(status).toMatchObject({ state: parked ? "needs_attention" : "forwarding", files_removed_at: null });
        expect(deliveryOf(status).delivered_instances).toBe(delivered);
        expect(deliveryOf(status).error?.message).toMatch(words);
        expect(parked ? ["parked"] : ["retrying", "waiting", "sending"]).toContain(deliveryOf(status).state);
        if (secondsTillRetry !== undefined && deliveryOf(status).next_attempt_at !== null)
          expect(Date.parse(deliveryOf(status).next_attempt_at ?? "") - Date.now()).toBeGreaterThan(
            (secondsTillRetry - 1) * 1000,
          );
        expect(held.size).toBe(delivered);
      }

      const before = peer.pacs?.stores.length ?? 0;
      peer.options.otherwise = {};
      peer.options.authorization = basic(password.right);
      if (fault === "down") peer.pacs = await startFakePacs(peer.options);
      if (goesOn === "retry")
        expect((await client.request("POST", `/upload/${opened.upload_id}/retry`)).status).toBe(200);
      status = await client.reach(opened.upload_id, new Set(["delivered"]), 40_000);
      expect(deliveryOf(status)).toMatchObject({ state: "delivered", delivered_instances: 3, error: null });

      const pacs = peer.pacs as FakePacs;
      expect(pacs.violations).toEqual([]);
      expect([...pacs.held.keys()].sort()).toEqual([...study.bySop.keys()].sort());
      for (const [uid, { bytes }] of pacs.held)
        expect(Buffer.from(bytes).equals(study.bySop.get(uid) ?? bytes.subarray(1))).toBe(true);
      // What it had before is not sent again.
      const again = pacs.stores.slice(before).flatMap(({ uids }) => uids);
      expect(again.filter((uid) => held.has(uid))).toEqual([]);
    }, 90_000);
});
