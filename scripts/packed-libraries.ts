import "reflect-metadata"; // @peculiar/x509 wants it, here as in the program
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Libraries that a box seldom needs, by the file they share. Bytecode makes code five times as large, so these lie in the
 * executable as packed source instead, and are compiled when something imports them.
 */
const packed: Readonly<Record<string, readonly string[]>> = {
  pages: ["pdfkit", "fontkit", "linebreak", "bidi-js"], // notes as PDF
  certificates: ["@peculiar/x509"], // the box's own authority
  zip: ["unzipper"],
  openapi: ["@elysiajs/openapi"], // /docs/json
  "file-types": ["file-type"], // elysia's check of posted files, of which there are none
};

const root = join(import.meta.dir, "..");
const fileOf = (name: string) => Object.keys(packed).find((file) => packed[file]?.includes(name));
const isName = /^[a-zA-Z_$][\w$]*$/;

/** Writes the packed files into `folder`, which is embedded under the name `asset`. */
export async function packLibraries(folder: string, plugins: Bun.BunPlugin[], external: string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [file, names] of Object.entries(packed)) {
    const entry = join(root, `packed-${file}.js`);
    const result = await Bun.build({
      entrypoints: [entry],
      files: {
        [entry]: names.map((name, index) => `export * as library${index} from ${JSON.stringify(name)};`).join("\n"),
      },
      minify: true,
      format: "esm",
      target: "bun",
      plugins,
      external,
      define: { "process.env.NODE_ENV": '"production"' },
    });
    const [output] = result.outputs;
    if (output === undefined) throw new Error(`nothing was made of ${names.join(", ")}`);
    const bytes = Bun.zstdCompressSync(await output.arrayBuffer(), { level: 19 });
    writeFileSync(join(folder, `${file}.js.zst`), bytes);
  }
}

/** Gives the program modules in the place of those libraries, which open the packed file and hand on what it exports. */
export function importsPacked(asset: string): Bun.BunPlugin {
  const filter = new RegExp(`^(${Object.values(packed).flat().join("|")})$`);
  return {
    name: "packed-libraries",
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter }, ({ path }) => ({ path, namespace: "packed" }));
      onLoad({ filter: /./, namespace: "packed" }, async ({ path }) => {
        const file = fileOf(path) ?? "";
        const exported = Object.keys((await import(path)) as object);
        const names = exported.filter((name) => isName.test(name) && name !== "default");
        return {
          loader: "js",
          contents: [
            `import { openPacked } from ${JSON.stringify(join(import.meta.dir, "open-packed.ts"))};`,
            `const library = (await openPacked(${JSON.stringify(`${asset}/${file}.js.zst`)})).library${packed[file]?.indexOf(path)};`,
            ...(names.length > 0 ? [`export const { ${names.join(", ")} } = library;`] : []),
            ...(exported.includes("default") ? ["export default library.default;"] : []),
          ].join("\n"),
        };
      });
    },
  };
}
