// @tus/server with its file store, as its documentation starts it. Runs in Node.js and in Bun.
import { createServer } from "node:http";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const tus = new Server({ path: "/files", datastore: new FileStore({ directory: process.argv[2] }) });
const server = createServer((request, response) => tus.handle(request, response));
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
