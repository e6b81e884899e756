import { createHash, randomFillSync } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Box, startBox } from "../../test/support/box.ts";
import type { PreparedRequest } from "./load.ts";
import { inTurn, median, megabytes, ratio } from "./measure.ts";
import { bun, script, sendLoad, serving } from "./programs.ts";
import { headOf } from "./request-head.ts";
import type { Bench, Result } from "./result.ts";
import { withFolder } from "./work-folder.ts";

const lanes = 4;
const rounds = 5;

/** A file cut into requests, with the digest of each. */
interface Source {
  readonly path: string;
  readonly size: number;
  readonly pieces: readonly { readonly from: number; readonly length: number; readonly digest: string }[];
}

function makeSource(folder: string, size: number, requestBytes: number): Source {
  const path = join(folder, "source");
  writeFileSync(path, randomFillSync(Buffer.alloc(size)));
  const bytes = readFileSync(path);
  const pieces = Array.from({ length: size / requestBytes }, (_, index) => {
    const from = index * requestBytes;
    const hash = createHash("sha256").update(bytes.subarray(from, from + requestBytes));
    return { from, length: requestBytes, digest: `sha-256=:${hash.digest("base64")}:` };
  });
  return { path, size, pieces };
}

const perLane = <T>(make: (lane: number) => T): T[] => Array.from({ length: lanes }, (_, lane) => make(lane));

/** MB/s into the product: one upload of four files. */
async function intoBox(box: Box, { path, size, pieces }: Source, folder: string): Promise<number> {
  const client = await box.client();
  const chunkSize = Math.min(pieces[0]?.length ?? 0, 1 << 20);
  const opened = await client.init({
    total_files: lanes,
    total_size_bytes: lanes * size,
    chunk_size: chunkSize,
    files: perLane((lane) => ({ file_id: `f${lane}`, name: `f${lane}`, size_bytes: size })),
  });
  const request = (lane: number) =>
    pieces.map(({ from, length, digest }): PreparedRequest => {
      const target = `/upload/${opened.upload_id}/chunk?file_id=f${lane}&chunk_index=${from / chunkSize}`;
      const head = headOf(`PUT ${target}`, {
        Authorization: `Bearer ${opened.upload_token}`,
        "Content-Type": "application/octet-stream",
        "Content-Length": length,
        "Content-Digest": digest,
      });
      return { head, file: path, from, length };
    });
  const { seconds } = await sendLoad({ port: Number(new URL(box.url).port), lanes: perLane(request) }, folder);
  await client.request("DELETE", `/upload/${opened.upload_id}`, { token: opened.upload_token });
  return megabytes(lanes * size) / seconds;
}

async function intoBare(port: number, into: string, { path, size, pieces }: Source, folder: string): Promise<number> {
  const run = crypto.randomUUID();
  const request = (lane: number) =>
    pieces.map(({ from, length, digest }): PreparedRequest => {
      const head = headOf(`PUT /?file=${run}-${lane}&from=${from}`, {
        "Content-Length": length,
        "Content-Digest": digest,
      });
      return { head, file: path, from, length };
    });
  const { seconds } = await sendLoad({ port, lanes: perLane(request) }, folder);
  empty(into);
  return megabytes(lanes * size) / seconds;
}

async function intoTus(port: number, into: string, { path, size, pieces }: Source, folder: string): Promise<number> {
  const tus = { "Tus-Resumable": "1.0.0" };
  const places = await Promise.all(
    perLane(async () => {
      const made = await fetch(`http://127.0.0.1:${port}/files`, {
        method: "POST",
        headers: { ...tus, "Upload-Length": String(size) },
      });
      return new URL(made.headers.get("location") ?? "").pathname;
    }),
  );
  const request = (lane: number) =>
    pieces.map(({ from, length }): PreparedRequest => {
      const head = headOf(`PATCH ${places[lane]}`, {
        ...tus,
        "Upload-Offset": from,
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": length,
      });
      return { head, file: path, from, length };
    });
  const { seconds } = await sendLoad({ port, lanes: perLane(request) }, folder);
  empty(into);
  return megabytes(lanes * size) / seconds;
}

function empty(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
}

/** Chunks of one size, four connections, against tus and against the bare handler. */
async function compare(folder: string, requestBytes: number, bytes: number): Promise<Result[]> {
  const places = { bare: join(folder, "bare"), node: join(folder, "tus-node"), bun: join(folder, "tus-bun") };
  for (const place of Object.values(places)) mkdirSync(place, { recursive: true });
  const source = makeSource(folder, Math.ceil(bytes / lanes / requestBytes) * requestBytes, requestBytes);
  const box = await startBox();
  const bare = await serving([bun, script("bare-server.ts"), places.bare]);
  const tusNode = await serving(["node", script("tus-server.mjs"), places.node]);
  const tusBun = await serving([bun, script("tus-server.mjs"), places.bun]);
  try {
    const speed = await inTurn(rounds, {
      ours: () => intoBox(box, source, folder),
      bare: () => intoBare(bare.port, places.bare, source, folder),
      "tus in node": () => intoTus(tusNode.port, places.node, source, folder),
      "tus in bun": () => intoTus(tusBun.port, places.bun, source, folder),
    });
    const best = median(speed["tus in node"]) >= median(speed["tus in bun"]) ? "tus in node" : "tus in bun";
    const said = (name: keyof typeof speed) => `${name} ${median(speed[name]).toFixed(0)} MB/s`;
    const name = `receive, ${requestBytes >= 1 << 20 ? `${requestBytes >> 20} MiB` : `${requestBytes >> 10} KiB`} requests`;
    return [
      {
        name: `${name}, against tus`,
        figure: ratio(speed.ours, speed[best]),
        unit: "x",
        bound: { least: 2.5 },
        of: `${said("ours")}, ${said("tus in node")}, ${said("tus in bun")}`,
      },
      {
        name: `${name}, against a bare handler`,
        figure: ratio(speed.ours, speed.bare),
        unit: "x",
        bound: { least: 0.6 },
        of: `${said("ours")}, ${said("bare")}`,
      },
    ];
  } finally {
    await Promise.all([box.stop(), bare.stop(), tusNode.stop(), tusBun.stop()]);
  }
}

export const receive: Bench = {
  name: "receive",
  run: async (scale) => [
    ...(await withFolder((folder) => compare(folder, 4 << 20, scale * (512 << 20)))),
    ...(await withFolder((folder) => compare(folder, 256 << 10, scale * (256 << 20)))),
  ],
};
