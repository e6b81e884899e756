import type { Environment } from "./config-env.ts";

/** What systemd told this process of itself: sd_notify(3), sd_watchdog_enabled(3). */
export interface ServiceManager {
  /** Sends one message (`READY=1`). A manager that is gone is nobody's fault: nothing is thrown. */
  notify(message: string): void;
  /** How often it wants to hear `WATCHDOG=1`, milliseconds: half of what it waits for. undefined: it does not watch. */
  readonly watchdogMs: number | undefined;
}

/** The service manager that started this process; undefined where none did, or none that listens. */
export async function serviceManager(env: Environment, pid = process.pid): Promise<ServiceManager | undefined> {
  const socket = env.NOTIFY_SOCKET ?? "";
  if (!/^[@/]/.test(socket)) return;
  const send = await datagramSender(socket);
  if (send === undefined) return;
  const microseconds = Number(env.WATCHDOG_USEC);
  const watched = microseconds > 0 && (env.WATCHDOG_PID ?? String(pid)) === String(pid);
  return { notify: send, watchdogMs: watched ? microseconds / 2000 : undefined };
}

/** Says that the process lives, as often as the manager wants to hear it and only where `alive` says so. */
export function keepAlive({ notify, watchdogMs }: ServiceManager, alive: () => Promise<boolean>): void {
  if (watchdogMs === undefined) return;
  let asking = false; // a disk that hangs is asked once, not every few seconds
  const ask = async () => {
    if (asking) return;
    asking = true;
    if (await alive()) notify("WATCHDOG=1");
    asking = false;
  };
  setInterval(ask, watchdogMs).unref();
}

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 0x80002;
const MSG_DONTWAIT_NOSIGNAL = 0x4040;
const longestName = 107; // sockaddr_un.sun_path, less its NUL
/** As the C libraries of the release targets are called: glibc, musl on x64 and arm64. */
const libraries = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** Neither Bun nor Node sends datagrams to a socket in the file system, so libc does. */
async function datagramSender(name: string): Promise<((message: string) => void) | undefined> {
  if (Buffer.byteLength(name) > longestName) return;
  const { dlopen, ptr } = await import("bun:ffi");
  const open = (library: string) =>
    dlopen(library, {
      socket: { args: ["i32", "i32", "i32"], returns: "i32" },
      sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
    }).symbols;
  for (const library of libraries) {
    try {
      const libc = open(library);
      const fd = libc.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
      if (fd < 0) return;
      const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(name.replace(/^@/, "\0"))]);
      return (message) => {
        const bytes = Buffer.from(message);
        libc.sendto(fd, ptr(bytes), bytes.length, MSG_DONTWAIT_NOSIGNAL, ptr(address), address.length);
      };
    } catch {
      // another C library
    }
  }
  return;
}
