import { readFileSync } from "node:fs";
import { run } from "../../test/cli/binary.ts";
import { type Box, startBox, testPassword } from "../../test/support/box.ts";
import { median, megabytes } from "./measure.ts";
import type { Bench, Result } from "./result.ts";

const atOnce = 500;
const samples = 400;

/** T2: 500 sign-ins at once, each from an address of its own. T3: what tells a known name from an unknown one by its time. */
export const signIn: Bench = {
  name: "sign-in",
  run: async (scale) => {
    const tls = 'mode = "off"\nbehind_proxy = true\ntrusted_proxies = ["127.0.0.1"]';
    const box = await startBox("[limits]\nlogin_attempts_per_minute = 100000", { tls });
    try {
      const args = ["user", "add", "anna", "--role", "clinician", "--password-stdin", "--config", box.configFile];
      await run(args, { stdin: testPassword });
      return [...(await names(box, Math.round(samples * scale))), ...(await crowd(box))];
    } finally {
      await box.stop();
    }
  },
};

async function timed(box: Box, username: string, from: string): Promise<{ status: number; ms: number }> {
  const began = performance.now();
  const answer = await fetch(`${box.url}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": from },
    body: JSON.stringify({ username, password: "a wrong password" }),
  });
  await answer.text();
  return { status: answer.status, ms: performance.now() - began };
}

async function names(box: Box, count: number): Promise<Result[]> {
  await timed(box, "nobody", "10.9.9.9"); // the hash that unknown names are held against is made once
  const [known, unknown]: [number[], number[]] = [[], []];
  // In turn, so that whatever else the machine does meets both.
  for (let n = 0; n < count; n++) {
    known.push((await timed(box, "anna", "10.9.0.1")).ms);
    unknown.push((await timed(box, "nobody", "10.9.0.1")).ms);
  }
  const [a, b] = [median(known), median(unknown)];
  const of = `medians of ${count}: known ${a.toFixed(1)} ms, unknown ${b.toFixed(1)} ms`;
  return [
    {
      name: "sign-in, slower kind of name to faster",
      figure: Math.max(a, b) / Math.min(a, b),
      unit: "x",
      bound: { most: 1.05 },
      of,
    },
  ];
}

const resident = (box: Box): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${box.pid}/status`, "utf8"))?.[1] ?? 0) * 1024;

async function crowd(box: Box): Promise<Result[]> {
  const before = resident(box);
  const answers = await Promise.all(
    Array.from({ length: atOnce }, (_, n) => timed(box, `name ${n}`, `10.1.${n >> 8}.${n & 255}`)),
  );
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const looked = answers.filter(({ status }) => status === 401).length;
  const p99 = times[Math.ceil(0.99 * times.length) - 1] ?? 0;
  const of = `${atOnce} at once: ${looked} looked at, the others told to come again`;
  return [
    { name: "sign-in, p99", figure: p99, unit: "ms", bound: { most: 5000 }, of },
    {
      name: "sign-in, memory",
      figure: megabytes((await box.peakMemory()) - before),
      unit: "MB",
      bound: { most: 150 },
      of,
    },
  ];
}
