// `npm start`: sets everything up and serves on http://127.0.0.1:8080, with everything in ./data.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildIfStale, executable } from "./build-if-stale.mjs";
import { root, setup, tell } from "./setup.mjs";

const ownConfig = join("data", "relaypacs.toml");
const defaults = `# Written by the first "npm start"; yours to change. RELAYPACS_* variables override it.
listen = "127.0.0.1:8080"
data_dir = "./data"

[tls]
mode = "off"                      # the address is this machine's own

[auth]
require_totp_for = []             # the same; without this line an administrator sets up a second factor first

[[destination]]
id = "folder"
kind = "folder"
path = "received"                 # below data_dir
`;

/** The configuration to start with: what RELAYPACS_CONFIG names, else ./data/relaypacs.toml, written once. */
function configArguments() {
  if (process.env.RELAYPACS_CONFIG) return [];
  mkdirSync(join(root, "data"), { recursive: true, mode: 0o750 });
  if (!existsSync(join(root, ownConfig))) writeFileSync(join(root, ownConfig), defaults, { mode: 0o640 });
  return ["--config", ownConfig];
}

/** How to make the first account, where there is none yet; the server prints the code for the page. */
function tellFirstAccount(config) {
  const listed = spawnSync(executable, ["user", "list", "--json", ...config], { cwd: root, encoding: "utf8" });
  if (listed.status !== 0 || JSON.parse(listed.stdout).some(({ role }) => role === "admin")) return;
  const variables = ["RELAYPACS_CONFIG", "RELAYPACS_DATA_DIR"].filter((name) => process.env[name]);
  const set = variables.map((name) => `${name}='${process.env[name]}' `).join("");
  const line = (command) => [`${set}dist/relaypacs ${command}`, ...config].join(" ");
  tell(`
Make the first account on the page, with the code below (another one: ${line("setup-code")}),
or in another terminal in this folder:
  printf '%s' 'YOUR-PASSWORD' | ${line("user add admin --role admin --password-stdin")}
`);
}

const bun = setup();
if (!buildIfStale(bun)) process.exit(1);
const config = configArguments();
tellFirstAccount(config);

const server = spawn(executable, ["serve", ...config], { cwd: root, stdio: "inherit" });
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => server.kill(signal));
server.on("error", (error) => {
  tell(error.message);
  process.exit(1);
});
server.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
