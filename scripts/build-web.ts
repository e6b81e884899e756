import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** What a first visit may cost, bytes gzip: all that index.html loads, up to and with the first screens, and the JavaScript of it. */
const budget = { everything: 70_000, script: 60_000 } as const;
/** They come by themselves, though main.ts does not wait for them. */
const firstPages = ["pages/page-sign-in.ts", "pages/page-upload.ts"];
/** What an administrator loads beside that, bytes gzip: in one language, with the charts, which no other screen waits for. */
const adminBudget = 60_000;
const chartPage = "admin/plot.ts";
const adminPages = ["pages/page-admin.ts", "pages/admin-audit.ts", chartPage];
/** Packed already; gzip would only make them larger. */
const packed = new Set([".png"]);

type Files = Map<string, Uint8Array>;
const root = join(import.meta.dir, "..");
const web = join(root, "web");
const gzipped = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 });
/** After minifying only templates have line breaks left, and to HTML their indentation is nothing. */
const unindented = (script: string) => script.replace(/\n +/g, "\n");
const assets = "assets/[name]-[hash].[ext]";
const define = { "process.env.NODE_ENV": '"production"' };

interface Metafile {
  readonly outputs: Record<
    string,
    { readonly entryPoint?: string; readonly imports: readonly { readonly path: string; readonly kind: string }[] }
  >;
}

/** Bundles one entry into `files`; answers the entry's own path, and which paths it loads before it and some lazy pages run. */
async function bundle(
  files: Files,
  entry: string,
  options: {
    naming?: string;
    format?: "esm" | "iife";
    define?: Record<string, string>;
  } = {},
): Promise<{ path: string; needs(pages?: readonly string[]): string[] }> {
  const naming = options.naming ?? assets;
  const result = await Bun.build({
    entrypoints: [join(web, entry)],
    root: web,
    target: "browser",
    format: options.format ?? "esm",
    splitting: options.format !== "iife",
    minify: true,
    metafile: true,
    publicPath: "/",
    naming: { entry: naming, chunk: assets, asset: assets },
    define: { ...define, ...options.define },
  });
  const tidy = (path: string) => path.replace(/^\.?\//, "");
  for (const output of result.outputs) {
    const bytes = new Uint8Array(await output.arrayBuffer());
    const isScript = output.path.endsWith(".js");
    files.set(tidy(output.path), isScript ? new TextEncoder().encode(unindented(await output.text())) : bytes);
  }
  const path = tidy(result.outputs.find(({ kind }) => kind === "entry-point")?.path ?? result.outputs[0]?.path ?? "");
  const { outputs } = result.metafile as unknown as Metafile;
  const made = new Map(Object.entries(outputs).map(([name, output]) => [tidy(name), output]));
  const needs = (pages: readonly string[] = []) => {
    const isPage = (entryPoint = "") => pages.some((page) => entryPoint.endsWith(page));
    const all = new Set([path, ...[...made].flatMap(([name, { entryPoint }]) => (isPage(entryPoint) ? [name] : []))]);
    for (const one of all)
      for (const it of made.get(one)?.imports ?? []) if (it.kind === "import-statement") all.add(tidy(it.path));
    return [...all];
  };
  return { path, needs };
}

const copied = async (files: Files, pattern: string) => {
  for (const name of new Bun.Glob(pattern).scanSync({ cwd: web }))
    files.set(name, new Uint8Array(await Bun.file(join(web, name)).arrayBuffer()));
};

/** The service worker's list: hashed names are never fetched twice, the others by what is in them. */
function precacheList(files: Files): { url: string; revision: string | null }[] {
  return [...files].map(([name, bytes]) => ({
    url: `/${name}`,
    revision: name.startsWith("assets/") ? null : Bun.hash(bytes).toString(16),
  }));
}

/** Replaces a source's name in the page by what was made of it. @throws Error where the page does not name it */
function named(page: string, source: string, path: string): string {
  if (!page.includes(`"/${source}"`)) throw new Error(`web/index.html does not load /${source}`);
  return page.replace(`"/${source}"`, `"/${path}"`);
}

/**
 * Bundles the app into `folder`, each file beside its gzip variant, and tells what a first visit costs.
 * @throws Error over the budget
 */
export async function buildWeb(folder: string): Promise<string> {
  const files: Files = new Map();
  const worker = await bundle(files, "queue/intake-worker.ts");
  const style = await bundle(files, "styles.css");
  const main = await bundle(files, "main.ts", {
    define: { INTAKE_WORKER_URL: JSON.stringify(`/${worker.path}`) },
  });
  const source = await Bun.file(join(web, "index.html")).text();
  const page = named(named(source, "main.ts", main.path), "styles.css", style.path);
  files.set("index.html", new TextEncoder().encode(page));
  for (const pattern of ["manifest.webmanifest", "icons/*"]) await copied(files, pattern);
  const list = precacheList(files);
  await bundle(files, "sw.ts", { naming: "sw.js", format: "iife", define: { PRECACHE: JSON.stringify(list) } });

  // The page at /trust (src/http/trust): not the app's, so that it is not kept for use without a network either.
  await bundle(files, "api/trust-probe.ts", { naming: "trust/probe.js", format: "iife" });
  await copied(files, "trust/*.css");
  files.set(
    "trust/probe-worker.js",
    new TextEncoder().encode("// registered and forgotten: whether it may be is all that is asked\n"),
  );

  rmSync(folder, { recursive: true, force: true });
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
    if (!packed.has(extname(name))) writeFileSync(join(folder, `${name}.gz`), gzipped(bytes));
  }
  const size = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + gzipped(files.get(name) ?? new Uint8Array()).length, 0);
  const first = ["index.html", "manifest.webmanifest", style.path, ...main.needs(firstPages)];
  const sizes = { everything: size(first), script: size(main.needs(firstPages)) };
  const known = new Set(main.needs(firstPages));
  const lazy = (pages: readonly string[]) => size(main.needs(pages).filter((name) => !known.has(name)));
  const admin = lazy(adminPages);
  const kB = (bytes: number) => (bytes / 1000).toFixed(1);
  const told = `first load ${kB(sizes.everything)} kB gzip, ${kB(sizes.script)} of it JavaScript; intake worker ${kB(size(worker.needs()))} kB; administration ${kB(admin)} kB, ${kB(lazy([chartPage]))} of it charts; service worker ${kB(size(["sw.js"]))} kB`;
  for (const [what, bytes] of Object.entries(budget))
    if (sizes[what as keyof typeof budget] > bytes)
      throw new Error(
        `The app is too large: ${told}; allowed are ${kB(budget.everything)} and ${kB(budget.script)} kB`,
      );
  if (admin > adminBudget)
    throw new Error(`The administration is too large: ${told}; allowed are ${kB(adminBudget)} kB`);
  return told;
}
