// A process of its own that sends prepared HTTP requests over plain sockets: the same, cheap client for every contestant.
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";

/** A request whose body is a part of a file. */
export interface PreparedRequest {
  /** Request line and headers with the empty line behind them. */
  readonly head: string;
  readonly file: string;
  readonly from: number;
  readonly length: number;
}

export interface Load {
  readonly port: number;
  /** Requests of a lane go one after the other over one connection. */
  readonly lanes: readonly (readonly PreparedRequest[])[];
}

/** What was not answered with 2xx ends the process; else it prints the seconds, and when the first byte left. */
async function send({ port, lanes }: Load): Promise<{ seconds: number; startedAt: number }> {
  const contents = new Map<string, Buffer>();
  for (const { file } of lanes.flat()) if (!contents.has(file)) contents.set(file, readFileSync(file));
  const sockets = await Promise.all(lanes.map(() => open(port)));
  const started = performance.now();
  await Promise.all(
    lanes.map(async (requests, index) => {
      const socket = sockets[index] as Socket;
      for (const { head, file, from, length } of requests) {
        const status = answer(socket);
        socket.write(head);
        if (length > 0) socket.write((contents.get(file) as Buffer).subarray(from, from + length));
        if (Math.floor((await status) / 100) !== 2) throw new Error(`${await status} to ${head.split(" ", 1)[0]}`);
      }
      socket.destroy();
    }),
  );
  return { seconds: (performance.now() - started) / 1000, startedAt: performance.timeOrigin + started };
}

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });

/** Status of the next answer, once all of it is here. */
function answer(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = "";
    const lost = () => reject(new Error("the connection was closed before its answer"));
    const onData = (piece: Buffer) => {
      text += piece.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const status = Number(text.slice(9, 12));
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
      if (
        /\r\ntransfer-encoding: *chunked/i.test(text.slice(0, end))
          ? !text.endsWith("0\r\n\r\n")
          : text.length < end + 4 + length
      )
        return;
      socket.off("data", onData);
      socket.off("close", lost);
      resolve(status);
    };
    socket.on("data", onData);
    socket.once("close", lost);
  });
}

if (import.meta.main)
  process.stdout.write(JSON.stringify(await send((await Bun.file(process.argv[2] ?? "").json()) as Load)));
