import { Elysia } from "elysia";

/** The documentation; its page comes with the binary, nothing from outside. */
export const docsRoutes = () => new Elysia();
