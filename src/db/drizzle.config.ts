import { defineConfig } from "drizzle-kit";

/** `npm run migration -- --name what_changed` writes the next file of migrations/ from schema.ts. */
export default defineConfig({ dialect: "sqlite", schema: "./src/db/schema.ts", out: "./migrations" });
