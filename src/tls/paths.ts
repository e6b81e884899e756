import { join } from "node:path";

/** Where the own certificates lie, each with its key and 0600. */
export const authorityFile = (dataDir: string): string => join(dataDir, "keys", "tls-authority.pem");
export const leafFile = (dataDir: string): string => join(dataDir, "keys", "tls.pem");
