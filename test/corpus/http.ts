import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { errorCatalogue } from "../../src/contract/errors.ts";
import { type Box, startBox } from "../support/box.ts";
import { atRest, type Client, type SendFile } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { oneFile } from "../upload/api.ts";
import { badZip } from "./archives.ts";
import { type BadRequest, badRequest, type Targets } from "./bad-requests.ts";
import { type Corpus, type Pick, pickOf, sentinel } from "./corpus.ts";
import { badFile } from "./dicom-headers.ts";
import { soundPictures } from "./images.ts";
import { mutated } from "./mutate.ts";

const memoryBound = 512 * 1024 * 1024;
const configuration = `[limits]
max_open_uploads_per_user = 100000
requests_per_minute = 10000000
login_attempts_per_minute = 10000
[[destination]]
id = "folder"
kind = "folder"
path = "received"`;
/** What no answer may show: a stack, a place in the code, an inner error. */
const innards = /\bat \S+ \(|\.ts:\d|node_modules|bunfs|SyntaxError|TypeError|RangeError|SQLITE/;

/** @throws unless the answer is one of the contract's */
async function checkAnswer(answer: Response, method: string): Promise<unknown> {
  const text = await answer.text();
  if (innards.test(text)) throw new Error(`shows its inside: ${text.slice(0, 200)}`);
  if (answer.status >= 500 && answer.status !== 503 && answer.status !== 507) throw new Error(`${answer.status}`);
  const type = answer.headers.get("content-type") ?? "";
  if (answer.status < 400) return type.startsWith("application/json") && text !== "" ? JSON.parse(text) : null;
  if (method === "HEAD") return null;
  if (!type.startsWith("application/problem+json")) throw new Error(`${answer.status} as ${type}`);
  const problem = JSON.parse(text) as { code?: string; status?: number };
  if (!(String(problem.code) in errorCatalogue) || problem.status !== answer.status)
    throw new Error(`${answer.status} with code ${problem.code} and status ${problem.status}`);
  if (text.includes(sentinel)) throw new Error(`${problem.code} tells what came`);
  return null;
}

/** Head and body as bytes that no client would send; whatever is answered, or nothing, the box must go on. */
function sendSpoilt(url: string, { method, path, headers, body }: BadRequest, pick: Pick): Promise<void> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const length = pick.of([
    "Content-Length: 3",
    "Content-Length: -1",
    "Transfer-Encoding: chunked",
    "Content-Length: 1e9",
  ]);
  const head = [`${method} ${path} HTTP/1.1`, "Host: x", "Connection: close", length, ...lines].join("\r\n");
  const bytes = mutated(Buffer.concat([Buffer.from(`${head}\r\n\r\n`), Buffer.from(body ?? "")]), pick);
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const done = () => {
      socket.destroy();
      resolve();
    };
    socket.on("error", done).on("close", done).on("data", done);
    // An answer that waits for more bytes does not come.
    socket.setTimeout(100, done);
    socket.end(bytes);
  });
}

/** Spoilt files of every kind, in one upload, others in each round. */
async function badFiles(round: number): Promise<SendFile[]> {
  const pictures = await soundPictures();
  return Array.from({ length: 60 }, (_, number): SendFile => {
    const pick = pickOf(1_000_000 + 60 * round + number);
    const make = [() => badFile([], pick), () => badZip(pick), () => mutated(pick.of(pictures), pick)][number % 3];
    return { name: `${sentinel}/f${number}`, bytes: new Uint8Array(make?.() ?? []) };
  }).filter(({ bytes }) => bytes.length > 0);
}

const goodUid = "2.25.7021";
const goodFile = (): SendFile => ({
  name: "good.dcm",
  bytes: new Uint8Array(madeBytes({ study: goodUid, sop: `${goodUid}.1`, pixels: 200_000 })),
});

function checkBox(box: Box, peak: number): void {
  const said = [...box.lines, ...box.errors].join("\n");
  if (said.includes(sentinel)) throw new Error("the log tells the patient");
  const failed = box.events("http.failed");
  if (failed.length > 0) throw new Error(`${failed.length} requests failed inside: ${JSON.stringify(failed[0])}`);
  if (peak > memoryBound) throw new Error(`${Math.round(peak / 2 ** 20)} MiB at its peak`);
  const wrong = readdirSync(join(box.dataDir, "received"), { recursive: true, encoding: "utf8" }).filter(
    (path) => !/^[\d.]+(\/[\d.]+(\/[\d.]+(\.dcm)?)?)?$/.test(path),
  );
  if (wrong.length > 0) throw new Error(`${wrong.length} names in the destination that are none of ours`);
}

/** What is sent beside the requests: a sound study, which must arrive, and uploads of spoilt files, which must come to rest. */
async function beside(client: Client, ended: () => boolean): Promise<void> {
  const good = client.send([goodFile()], {}, 120_000);
  for (let round = 0; round === 0 || !ended(); round++) {
    const { state, warnings } = await client.send(
      await badFiles(round),
      { study_metadata: { patient_name: sentinel } },
      120_000,
    );
    if (!atRest.has(state)) throw new Error(`the spoilt files are ${state}`);
    if (warnings.some(({ code, message }) => !(code in errorCatalogue) || message.includes(sentinel)))
      throw new Error("a warning has no code, or tells the patient");
  }
  const { state } = await good;
  if (state !== "delivered") throw new Error(`the sound study is ${state}`);
}

/** Asks the box each second how long its event loop stood still, which it counts from one question to the next. */
async function watchStalls(url: string, ended: () => boolean, met: (milliseconds: number) => void): Promise<void> {
  const ask = async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return 1000 * Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1]);
  };
  await ask(); // the start and the sign-in are not meant
  while (!ended()) {
    await Bun.sleep(1000);
    met(await ask());
  }
}

export const httpRequests: Corpus = {
  name: "JSON and headers of the HTTP API",
  full: 50_000,
  short: 5_000,
  async open() {
    const box = await startBox(configuration);
    const client = await box.client("clinician");
    const target = async (): Promise<Targets> => {
      const opened = await client.init(oneFile(9000));
      return { accessToken: client.token, uploadToken: opened.upload_token, uploadId: opened.upload_id };
    };
    let targets = await target();
    let left = 200;
    let ending = false;
    let stallMs = 0;
    const ended = () => ending;
    const sent = Promise.all([
      beside(client, ended),
      watchStalls(box.url, ended, (milliseconds) => {
        stallMs = Math.max(stallMs, milliseconds);
      }),
    ]).then(
      () => null,
      (error: unknown) => error,
    );
    return {
      async one(pick) {
        // What a request did to the upload, such as completing or deleting it, is not to shape all that follow.
        if (left-- === 0) {
          left = 200;
          targets = await target();
        }
        const request = badRequest(targets, pick);
        const { method, path, headers, body } = request;
        if (pick.chance(0.05)) return sendSpoilt(box.url, request, pick);
        const answer = await fetch(box.url + path, {
          method,
          headers,
          body: body as string | null,
          redirect: "manual",
        });
        const opened = (await checkAnswer(answer, method)) as { upload_id?: string } | null;
        if (answer.status === 201 && opened?.upload_id) await client.request("DELETE", `/upload/${opened.upload_id}`);
      },
      stallMs: () => stallMs,
      async close() {
        ending = true;
        try {
          const error = await sent;
          if (error !== null) throw error;
          if ((await fetch(`${box.url}/health`)).status !== 200) throw new Error("the box does not answer any more");
          const peak = await box.peakMemory();
          checkBox(box, peak);
          if (!(stallMs > 0)) throw new Error("the box did not tell how long its loop stood still");
          return `a sound study beside them delivered, ${Math.round(peak / 2 ** 20)} MiB at most`;
        } finally {
          await box.stop();
        }
      },
    };
  },
};
