import { Elysia } from "elysia";
import { RelayError } from "../../core/errors.ts";
import { receiptOf } from "../../forward/receipt.ts";
import type { HttpContext } from "../context.ts";

/** The proof of delivery, per instance. */
export const receiptRoutes = ({ db, guard }: HttpContext) =>
  new Elysia().get(
    "/receipts/:id",
    ({ params, request }) => {
      const receipt = receiptOf(db, params.id);
      if (!receipt) throw new RelayError("not_found");
      guard.upload(request, receipt.upload_id, "see");
      return receipt;
    },
    { detail: { summary: "A receipt" } },
  );
