import { commit, version } from "./core/version.ts";

const args = process.argv.slice(2);
const first = args[0];

// Answered before anything else is imported: the version must come at once, also on a box that is in trouble.
if (args.length === 1 && (first === "--version" || first === "-V" || first === "version")) {
  process.stdout.write(`relaypacs ${version}${commit === "" ? "" : ` (${commit})`}\n`);
} else if (args.length === 2 && first === "encode-picture") {
  // A process of the box's own, for one picture: nothing else of it is loaded.
  const { encodePicture } = await import("./dicom/image-encode.ts");
  process.exitCode = await encodePicture(args[1] ?? "");
} else if (first === "copy-box" && args.length >= 3) {
  const { makeCopy } = await import("./backup/copy.ts");
  await makeCopy({ dataDir: args[1] ?? "", configFile: args[3] ?? null }, args[2] ?? "");
} else if (args.length === 1 && first === "decompress-pixels") {
  const { decompressProcess } = await import("./dicom/decompress-process.ts");
  process.exitCode = await decompressProcess();
} else {
  const { run } = await import("./commands/program.ts");
  process.exitCode = await run(args);
}
