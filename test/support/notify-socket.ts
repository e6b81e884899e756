import { dlopen, ptr } from "bun:ffi";
import { rmSync } from "node:fs";

const libc = dlopen("libc.so.6", {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  close: { args: ["i32"], returns: "i32" },
}).symbols;
const [AF_UNIX, SOCK_DGRAM, MSG_DONTWAIT] = [1, 2, 0x40];

/** A socket such as systemd gives a service in NOTIFY_SOCKET. */
export interface NotifySocket {
  readonly path: string;
  /** What has come so far, oldest first. */
  messages(): readonly string[];
  close(): void;
}

export function openNotifySocket(path: string): NotifySocket {
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM, 0);
  const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(`${path}\0`)]);
  if (fd < 0 || libc.bind(fd, ptr(address), address.length) < 0) throw new Error(`no socket at ${path}`);
  const heard: string[] = [];
  const buffer = Buffer.alloc(4096);
  return {
    path,
    messages: () => {
      for (;;) {
        const length = Number(libc.recv(fd, ptr(buffer), buffer.length, MSG_DONTWAIT));
        if (length < 0) return heard;
        heard.push(buffer.toString("utf8", 0, length));
      }
    },
    close: () => {
      libc.close(fd);
      rmSync(path, { force: true });
    },
  };
}
