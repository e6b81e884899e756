import { Command, CommanderError } from "commander";
import { commit, version } from "../core/version.ts";
import { exitCodeOf } from "./failure.ts";
import { say, sayJson, tell } from "./io.ts";

const another = (id: string, before: readonly string[] | undefined) => [...(before ?? []), id];

/** What the action of a command answers: its exit code. */
type Action = Promise<number>;

/** The whole command line; each action imports its own file alone, so that a command starts without the others. */
export function commandLine(finish: (action: Action) => Promise<void>): Command {
  const program = new Command("relaypacs")
    .description(
      "Takes imaging studies over HTTP, checks them, forwards them to the PACS and proves that they arrived.",
    )
    .version(`relaypacs ${version}${commit === "" ? "" : ` (${commit})`}`, "-V, --version")
    .exitOverride()
    .enablePositionalOptions() // "backup verify FILE --json": an option belongs to the command it stands behind
    .configureOutput({ writeOut: (text) => say(text.trimEnd()), writeErr: (text) => tell(text.trimEnd()) })
    .showHelpAfterError("(relaypacs help shows what there is)");
  const command = (parent: Command, usage: string, description: string) =>
    parent.command(usage).description(description).option("--config <file>", "configuration file");
  const json = ["--json", "print the result as JSON"] as const;
  const password = ["--password-stdin", "read the password from standard input"] as const;

  command(program, "serve", "run the appliance").action(async (options) =>
    finish((await import("./serve.ts")).serve(options)),
  );

  command(program, "doctor", "check configuration, data folder, disk, clock, certificate and every destination")
    .option(...json)
    .action(async (options) => finish((await import("./doctor.ts")).doctor(options)));

  command(program, "ready", "tell whether the running server takes work")
    .option("--wait <seconds>", "wait so long for it")
    .action(async (options) => finish((await import("./ready.ts")).ready(options)));

  command(program, "status", "what is on its way, and what is stuck and why")
    .option("--idle", "exit with 1 while anything is unfinished")
    .option(...json)
    .action(async (options) => finish((await import("./status.ts")).status(options)));

  command(program, "setup-code", "print a one-time code that makes the first administrator").action(async (options) =>
    finish((await import("./setup-code.ts")).setupCode(options)),
  );

  const key = program.command("key").description("the keys that sign tokens");
  command(key, "rotate", "sign with a new key; what the old one signed is good until it ends").action(async (options) =>
    finish((await import("./key.ts")).rotate(options)),
  );

  const user = program.command("user").description("accounts, also while the server runs");
  command(user, "add <name>", "add an account")
    .requiredOption("--role <role>", "clinician, radiographer, radiologist or admin")
    .option(...password)
    .action(async (name, options) => finish((await import("./user.ts")).add(name, options)));
  command(user, "list", "list the accounts")
    .option(...json)
    .action(async (options) => finish((await import("./user.ts")).list(options)));
  command(user, "disable <name>", "end an account").action(async (name, options) =>
    finish((await import("./user.ts")).disable(name, options)),
  );
  command(user, "reset-password <name>", "set a new password")
    .option(...password)
    .action(async (name, options) => finish((await import("./user.ts")).reset(name, options)));
  command(user, "reset-totp <name>", "remove a lost second factor").action(async (name, options) =>
    finish((await import("./user.ts")).resetSecondFactor(name, options)),
  );

  const destination = program.command("destination").description("where studies go");
  command(destination, "list", "list the destinations")
    .option(...json)
    .action(async (options) => finish((await import("./destination.ts")).list(options)));
  command(destination, "test <id>", "check a destination live, step by step, with the fix of what fails")
    .option("--store", "store a marked test image, look for it, and send it once more")
    .option(...json)
    .action(async (id, options) => finish((await import("./destination.ts")).test(id, options)));

  const route = program.command("route").description("which study goes where");
  command(route, "try <file>", "tell which rule a file meets, and why")
    .option("--stat", "as if it were sent as STAT")
    .option("--user <name>", "as if this account had sent it")
    .option("--invitation <label>", "as if it came by the invitation of this label")
    .option("--time <HH:MM>", "as if it came at this time of day")
    .option(...json)
    .action(async (file, options) => finish((await import("./route.ts")).tryFile(file, options)));

  command(program, "send <path...>", "send files and folders to a RelayPACS; run again, it goes on where it stopped")
    .option("--url <url>", "address of the server", "http://127.0.0.1:8080")
    .option("--username <name>", "account (else an access token in RELAYPACS_TOKEN)")
    .option(...password)
    .option("--destination <id>", "send there, whatever the rules say (may be given again)", another)
    .option("--stat", "urgent: before everything else")
    .option("--notes <text>", "clinical notes")
    .option("--json", "print the final status as JSON")
    .action(async (paths, options) => finish((await import("./send.ts")).send(paths, options)));

  const receipt = program.command("receipt").description("signed proofs of delivery");
  command(receipt, "verify <file>", "check that a receipt's JSON document is as this or another box signed it; offline")
    .option("--fingerprint <fingerprint>", "the key that must have signed it, as receipt key says on the box")
    .option(...json)
    .action(async (file, options) => finish((await import("./receipt.ts")).verify(file, options)));
  command(receipt, "key", "print the public key that signs this box's receipts, and its fingerprint")
    .option(...json)
    .action(async (options) => finish((await import("./receipt.ts")).key(options)));

  const audit = program.command("audit").description("who did what, also while the server runs");
  command(audit, "verify", "check that every row is there and as it was written")
    .option("--head <file>", "an end that audit export wrote: a cut tail shows only against one")
    .option(...json)
    .action(async (options) => finish((await import("./audit.ts")).verify(options)));
  command(audit, "export", "write the rows to standard output")
    .option("--since <time>", "from this time on (RFC 3339)")
    .option("--format <format>", "jsonl, csv or dicom (PS3.15 A.5)", "jsonl")
    .option("--head <file>", "write the end of it here, to be kept elsewhere")
    .action(async (options) => finish((await import("./audit.ts")).exportRows(options)));

  const passphrase = ["--passphrase-stdin", "read the passphrase from standard input"] as const;
  const backup = command(program, "backup", "copy database, keys and configuration, also while the server runs")
    .argument("[file]", "without one: among the copies that the box makes by itself")
    .option(...passphrase)
    .action(async (file, options) => finish((await import("./backup.ts")).backup(file, options)));
  command(backup, "verify <file>", "read a copy to its end")
    .option(...passphrase)
    .option(...json)
    .action(async (file, options) => finish((await import("./backup.ts")).verify(file, options)));
  command(program, "restore <file>", "bring a copy back, onto a box without a database")
    .option(...passphrase)
    .action(async (file, options) => finish((await import("./backup.ts")).restore(file, options)));

  program
    .command("fake-pacs")
    .description("an archive for rehearsals and tests: refuses what the real one refuses, keeps nothing beyond its run")
    .option(
      "--kind <kind>",
      "stow-rs, orthanc, dcm4chee, google-healthcare, aws-healthimaging or azure-dicom",
      "stow-rs",
    )
    .option("--listen <host:port>", "where it listens", "127.0.0.1:8099")
    .option("--fault <name>", "trouble it makes (may be given again); an unknown name lists them", another)
    .option("--token-seconds <seconds>", "how long its tokens are good")
    .option("--most-bytes <bytes>", "largest request it takes")
    .option(...json)
    .action(async (options) => finish((await import("./fake-pacs.ts")).fakePacs(options)));

  command(program, "support-bundle <file>", "what a supporter needs, without patients, users and secrets").action(
    async (file, options) => finish((await import("./support-bundle.ts")).supportBundle(file, options)),
  );

  command(program, "version", "print the version")
    .option(...json)
    .action((options) => finish(printVersion(options)));
  return program;
}

async function printVersion({ json }: { readonly json?: boolean }): Action {
  if (json === true) sayJson({ version, commit, bun: Bun.version });
  else say(`relaypacs ${version}${commit === "" ? "" : ` (${commit})`}`);
  return 0;
}

/** Runs one command line and gives its exit code: 0 done, 1 failed, 2 wrong usage or configuration (CONTRACT §1). */
export async function run(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const finish = async (action: Action) => {
    exitCode = await action;
  };
  try {
    await commandLine(finish).parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said its part already; asking for help or the version is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return exitCodeOf(error);
  }
}
