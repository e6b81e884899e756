import { readFileSync } from "node:fs";
import { join } from "node:path";
import { program } from "./child.ts";

/** A self-signed certificate for 127.0.0.1 and localhost, made by openssl; null where openssl is missing. */
export interface TestCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

export function testCertificate(
  folder: string,
  name = "peer",
  altNames = "IP:127.0.0.1,DNS:localhost",
): TestCertificate | null {
  const openssl = program("openssl");
  if (openssl === null) return null;
  const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const options = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
    "-subj",
    `/CN=${name}`,
  ];
  const command = [
    openssl,
    "req",
    "-x509",
    ...options,
    "-addext",
    `subjectAltName=${altNames}`,
    "-keyout",
    keyFile,
    "-out",
    certFile,
  ];
  const made = Bun.spawnSync(command, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
  return { certFile, keyFile, cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}
