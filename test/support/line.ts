import { existsSync, mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program, until } from "./child.ts";
import { pass } from "./line-bridge.ts";

/** What one direction of a line does to its packets. */
export interface Direction {
  /** Share of the packets that are lost, 0 to 1. */
  readonly loss?: number;
  readonly bitsPerSecond?: number;
}
export interface LineKind {
  /** From the phone to the box. */
  readonly up?: Direction;
  readonly down?: Direction;
}

/** A phone's network and a box's network with a bad line between them. The machine's own network is neither used nor changed. */
export interface Line {
  /** Prefix of a command that is to run where the phone is, or where the box is. */
  readonly phone: readonly string[];
  readonly box: readonly string[];
  /** The box's address as the phone sees it. */
  readonly boxAddress: string;
  /** Makes the line so from now on; one with a delay stays as it was made. */
  become(kind: LineKind): void;
  /** Share of all packets, of both directions, that were lost on purpose since it last became what it is. */
  lostShare(): number;
  /** A port here that leads to a loopback port where the phone is. */
  reach(port: number): Promise<number>;
  /** Takes everything away again. */
  stop(): Promise<void>;
}

const [phoneAddress, boxAddress] = ["198.18.0.2", "198.18.0.6"]; // RFC 2544: for measuring, met nowhere else
const ip = program("ip") ?? "ip";
const env = { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` };
const run = (command: string, stdin = "") =>
  Bun.spawnSync(command.split(" "), { stdin: Buffer.from(stdin), stdout: "pipe", stderr: "pipe", env });
function does(command: string, stdin?: string): void {
  const { exitCode, stderr } = run(command, stdin);
  if (exitCode !== 0) throw new Error(`${command}: ${stderr}`);
}

/** Whether this machine can: the programs, and the right to make network namespaces. */
export const canMakeLines = ["ip", "tc", "iptables", "ethtool"].every((name) => program(name) !== null) && allowed();
function allowed(): boolean {
  const name = `relaypacs-${process.pid}-trial`;
  return run(`ip netns add ${name}`).exitCode === 0 && run(`ip netns del ${name}`).exitCode === 0;
}

/** What killed runs have left. */
function sweep(): void {
  for (const name of run("ip netns list")
    .stdout.toString()
    .match(/^relaypacs-\d+-\S+/gm) ?? [])
    if (!existsSync(`/proc/${name.split("-")[1]}`)) run(`ip netns del ${name}`);
}

let serial = 0;

/**
 * @param kind how the line is at first · @param roundTripMs delay there and back; packets then pass a relay of our own, for not every
 *   kernel has netem, and nothing is lost but what its queue cannot hold
 * @throws Error with what the system said
 */
export async function startLine(kind: LineKind = {}, roundTripMs?: number): Promise<Line> {
  sweep();
  serial += 1;
  const name = (part: string) => `relaypacs-${process.pid}-${serial}-${part}`;
  const [phone, box, router] = [name("phone"), name("box"), name("router")];
  const inside = (space: string) => [ip, "netns", "exec", space];
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-line-"));
  const ends: (() => Promise<unknown> | unknown)[] = [];

  function start(script: string, ...args: string[]): Bun.Subprocess {
    const command = [...inside(phone), process.execPath, join(import.meta.dir, script), ...args];
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
    ends.push(() => child.kill("SIGKILL"));
    return child;
  }
  /** A cable between two spaces, without the offloads that join packets to larger ones. */
  function cable(one: string, oneName: string, other: string, otherName: string): void {
    does(`ip -n ${one} link add ${oneName} type veth peer name ${otherName} netns ${other}`);
    for (const end of [`${one} ${oneName}`, `${other} ${otherName}`]) {
      const [space, device] = end.split(" ");
      does(`ip netns exec ${space} ethtool -K ${device} tso off gso off gro off`);
      does(`ip -n ${space} link set ${device} up`);
    }
  }
  function routed(): void {
    cable(phone, "line", router, "phone");
    cable(router, "box", box, "line");
    does(`ip -n ${phone} addr add ${phoneAddress}/30 dev line`);
    does(`ip -n ${router} addr add 198.18.0.1/30 dev phone`);
    does(`ip -n ${router} addr add 198.18.0.5/30 dev box`);
    does(`ip -n ${box} addr add ${boxAddress}/30 dev line`);
    does(`ip netns exec ${router} tee /proc/sys/net/ipv4/ip_forward`, "1");
    // cubic is what phones and servers use; this machine's own choice may be another
    does(`ip -n ${phone} route add default via 198.18.0.1 congctl cubic`);
    does(`ip -n ${box} route add default via 198.18.0.5 congctl cubic`);
    become(kind);
  }
  async function relayed(delay: number): Promise<void> {
    const bits = [kind.up, kind.down].map((direction) => String(direction?.bitsPerSecond ?? 0));
    const relay = start("line-relay.ts", box, String(delay / 2), ...bits);
    const there = () => run(`ip -n ${box} link show far`).exitCode === 0 || relay.exitCode !== null;
    await until("the relay of the line", there);
    for (const end of [`${phone} line ${phoneAddress}`, `${box} far ${boxAddress}`]) {
      const [space, device, address] = end.split(" ");
      does(`ip -n ${space} addr add ${address}/32 dev ${device}`);
      does(`ip -n ${space} link set ${device} up mtu 1500`);
      does(`ip -n ${space} route add default dev ${device} congctl cubic`);
    }
  }
  /** What leaves the router towards `device`: there neither end's own kernel learns of a loss, as at the receiver's INPUT. */
  function shape(device: "phone" | "box", { loss = 0, bitsPerSecond }: Direction = {}): void {
    run(`tc -n ${router} qdisc del dev ${device} root`);
    const queue = Math.max(30_000, (bitsPerSecond ?? 0) / 20); // bytes that may wait: 400 ms, or what any modem holds
    if (bitsPerSecond !== undefined)
      does(`tc -n ${router} qdisc add dev ${device} root tbf rate ${bitsPerSecond}bit burst 3200 limit ${queue}`);
    const rule = `-A FORWARD -o ${device} -m statistic --mode random --probability ${loss} -j DROP`;
    if (loss > 0) does(`ip netns exec ${router} iptables ${rule}`);
  }
  function become(next: LineKind): void {
    if (roundTripMs !== undefined) throw new Error("a line with a delay stays as it is");
    for (const what of ["-F", "-Z"]) does(`ip netns exec ${router} iptables ${what} FORWARD`);
    shape("box", next.up);
    shape("phone", next.down);
  }
  function lostShare(): number {
    const rules = run(`ip netns exec ${router} iptables -x -v -n -L FORWARD`).stdout.toString();
    const count = (pattern: RegExp) =>
      [...rules.matchAll(pattern)].reduce((sum, [, packets]) => sum + Number(packets), 0);
    const dropped = count(/^ *(\d+) +\d+ DROP/gm);
    return dropped / Math.max(1, dropped + count(/policy ACCEPT (\d+) packets/g));
  }
  async function stop(): Promise<void> {
    for (const end of ends) await end();
    for (const space of [phone, box, router]) run(`ip netns del ${space}`);
    rmSync(folder, { recursive: true, force: true });
  }
  try {
    for (const space of [phone, box, router]) {
      does(`ip netns add ${space}`);
      does(`ip -n ${space} link set lo up`);
      // an address that comes by itself a second later would be a change of network, which ends a browser's requests
      run(`ip netns exec ${space} tee /proc/sys/net/ipv6/conf/all/disable_ipv6`, "1");
      run(`ip netns exec ${space} tee /proc/sys/net/ipv6/conf/default/disable_ipv6`, "1");
    }
    await (roundTripMs === undefined ? routed() : relayed(roundTripMs));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    phone: inside(phone),
    box: inside(box),
    boxAddress,
    become,
    lostShare,
    reach: async (port) => {
      const path = join(folder, `${port}.sock`);
      start("line-bridge.ts", path, String(port));
      await until("the bridge to the phone", () => existsSync(path));
      const server = pass({ path }).listen(0, "127.0.0.1");
      ends.push(() => server.close());
      await until("the bridge's port", () => server.listening);
      return (server.address() as AddressInfo).port;
    },
    stop,
  };
}
