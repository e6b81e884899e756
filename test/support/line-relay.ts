import { dlopen, ptr } from "bun:ffi";

/**
 * A line with a delay, as a program: `line-relay.ts FAR_NAMESPACE DELAY_MS UP_BITS DOWN_BITS` (0: no bound). It makes the device
 * `line` where it runs and `far` in the other namespace, and carries IP packets between them. For kernels without netem.
 */
const libc = dlopen("libc.so.6", {
  open: { args: ["ptr", "i32"], returns: "i32" },
  ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  read: { args: ["i32", "ptr", "u64"], returns: "i64" },
  write: { args: ["i32", "ptr", "u64"], returns: "i64" },
  poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
}).symbols;

// linux/if_tun.h: a device that carries plain IP packets, without a header of its own
const TUNSETIFF = 0x400454ca;
const IFF_TUN_NO_PI = 0x1001;
const O_RDWR_NONBLOCK = 0x802;
const POLLIN = 1;
/** What waits at a bottleneck at most; a router drops what comes beyond. About what a line of 20 Mbit/s and 300 ms holds. */
const queueBytes = 1_000_000;
const largestPacket = 65_536;

function openDevice(name: string): number {
  const fd = libc.open(ptr(Buffer.from("/dev/net/tun\0")), O_RDWR_NONBLOCK);
  const request = Buffer.alloc(40);
  request.write(name);
  request.writeUInt16LE(IFF_TUN_NO_PI, 16);
  if (fd < 0 || libc.ioctl(fd, TUNSETIFF, ptr(request)) < 0) throw new Error(`no device ${name}`);
  return fd;
}

/** One direction: packets in order, each as late as the line's rate and its delay make it. */
interface Direction {
  readonly from: number;
  readonly to: number;
  readonly bytesPerMs: number;
  readonly waiting: { readonly due: number; readonly bytes: Buffer }[];
  /** Until when the bottleneck is busy. */
  busy: number;
}

const [farSpace = "", delay = "0", upBits = "0", downBits = "0"] = process.argv.slice(2);
const [near, far] = [openDevice("line"), openDevice("far")];
const moved = Bun.spawnSync(["ip", "link", "set", "far", "netns", farSpace]);
if (moved.exitCode !== 0) throw new Error(moved.stderr.toString());

const direction = (from: number, to: number, bits: string): Direction => ({
  from,
  to,
  bytesPerMs: Number(bits) > 0 ? Number(bits) / 8000 : Number.POSITIVE_INFINITY,
  waiting: [],
  busy: 0,
});
const directions = [direction(near, far, upBits), direction(far, near, downBits)];
const buffer = Buffer.alloc(largestPacket);
const polled = Buffer.alloc(16);
polled.writeInt32LE(near, 0);
polled.writeInt16LE(POLLIN, 4);
polled.writeInt32LE(far, 8);
polled.writeInt16LE(POLLIN, 12);

function accept(one: Direction): void {
  for (;;) {
    const length = Number(libc.read(one.from, ptr(buffer), buffer.length));
    if (length <= 0) return;
    const now = performance.now();
    if ((one.busy - now) * one.bytesPerMs > queueBytes) continue; // the queue is full
    one.busy = Math.max(one.busy, now) + length / one.bytesPerMs;
    one.waiting.push({ due: one.busy + Number(delay), bytes: Buffer.from(buffer.subarray(0, length)) });
  }
}
function deliver(one: Direction): void {
  const now = performance.now();
  for (let next = one.waiting[0]; next !== undefined && next.due <= now; next = one.waiting[0]) {
    libc.write(one.to, ptr(next.bytes), next.bytes.length);
    one.waiting.shift();
  }
}
for (;;) {
  const due = Math.min(...directions.map(({ waiting }) => waiting[0]?.due ?? Number.POSITIVE_INFINITY));
  const wait = due === Number.POSITIVE_INFINITY ? 1000 : Math.max(0, Math.ceil(due - performance.now()));
  libc.poll(ptr(polled), 2, wait);
  for (const one of directions) {
    accept(one);
    deliver(one);
  }
}
