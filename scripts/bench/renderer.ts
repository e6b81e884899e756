import { readdirSync, readFileSync } from "node:fs";

export interface RendererMemory {
  /** Bytes that belong to this process alone. */
  readonly own: number;
  /** Bytes in memory, Chromium's own code included, which every tab shares. */
  readonly resident: number;
}

/** Looks at the largest renderer of this browser, its workers included, four times a second. */
export function watchRenderers(browser: number) {
  const renderers = renderersOf(browser); // the page's own is there already; to look for it again costs a walk over all processes
  const now = () => renderers.map(memoryOf).reduce((most, one) => (one.own > most.own ? one : most));
  const atFirst = now();
  let most = atFirst;
  const timer = setInterval(() => {
    const { own, resident } = now();
    most = { own: Math.max(most.own, own), resident: Math.max(most.resident, resident) };
  }, 250);
  return {
    stop: () => {
      clearInterval(timer);
      return { atFirst, most };
    },
  };
}

const text = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // ended meanwhile
  }
};

function memoryOf(pid: number): RendererMemory {
  const rollup = text(`/proc/${pid}/smaps_rollup`);
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1] ?? 0) * 1024;
  return { own: bytes("Private_Clean") + bytes("Private_Dirty"), resident: bytes("Rss") };
}

function renderersOf(browser: number): number[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(/^PPid:\s+(\d+)/m.exec(text(`/proc/${name}/status`))?.[1] ?? 0)]),
  );
  const below = (pid: number): boolean => pid === browser || (pid > 1 && below(parents.get(pid) ?? 0));
  return [...parents.keys()].filter((pid) => below(pid) && text(`/proc/${pid}/cmdline`).includes("--type=renderer"));
}
