import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const loader = "/lib/ld-musl-x86_64.so.1";
const itsFolder = "/lib/x86_64-linux-musl";

/** What glibc has and musl has not, of what the library's static half asks for. */
const stubs = `#include <stdlib.h>
void *__dso_handle __attribute__((visibility("hidden"))) = 0;
char __libc_single_threaded = 0;
unsigned arc4random(void) { return (unsigned)rand(); }
int _dl_find_object(void *pc, void *result) { return -1; }
`;

/** Typeinfo that the executable names weakly, and therefore no list of what is missing. */
const always = ["__vmi_class_type_info", "__si_class_type_info", "__class_type_info"].map(
  (name) => `_ZTVN10__cxxabiv1${name.length}${name}E`,
);

const said = (argv: string[]): string => {
  const { exitCode, stdout, stderr } = Bun.spawnSync(argv);
  if (exitCode !== 0) throw new Error(`${argv[0]}: ${stderr.toString().trim().split("\n").at(-1)}`);
  return stdout.toString().trim();
};

/**
 * Makes what an executable for musl needs on a Debian that has its loader (package musl) and no libstdc++ for it: the few functions
 * that it uses, out of Debian's static library. Good for seeing that it runs, for nothing else.
 * @returns the words before a command that runs it; null where the loader or g++ is missing
 */
export function muslPrefix(executable: string, folder: string): string[] | null {
  if (!existsSync(loader) || Bun.which("g++") === null) return null;
  mkdirSync(folder, { recursive: true });
  const missing = said(["nm", "-D", "--undefined-only", executable])
    .split("\n")
    .map((line) => line.trim().split(/\s+/).at(-1) ?? "")
    .filter((name) => /^_Z|^__(cxa|once|dynamic)/.test(name) && name !== "__cxa_finalize");
  writeFileSync(join(folder, "stubs.c"), stubs);
  const [wanted, object] = [[...missing, ...always].map((name) => `-Wl,-u,${name}`), join(folder, "stubs.o")];
  said(["gcc", "-c", "-fPIC", "-o", object, join(folder, "stubs.c")]);
  const parts = ["libstdc++.a", "libgcc_eh.a", "libgcc.a"].map((name) => said(["g++", `-print-file-name=${name}`]));
  const shared = ["-shared", "-nostdlib", "-Wl,-soname,libstdc++.so.6", "-o", join(folder, "libstdc++.so.6")];
  said(["gcc", ...shared, ...wanted, object, "-Wl,--start-group", ...parts, "-Wl,--end-group"]);
  copyFileSync(join(itsFolder, "libc.so"), join(folder, "libc.so"));
  // Mounted over the loader's folder for this process and its children alone: their environment is often empty.
  return ["unshare", "-m", "sh", "-c", `mount --bind ${folder} ${itsFolder} && exec "$@"`, "sh"];
}
