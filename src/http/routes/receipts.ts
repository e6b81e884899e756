import { Elysia } from "elysia";
import { RelayError } from "../../core/errors.ts";
import { uploadsWithReceipt } from "../../db/receipts.ts";
import { receiptOf } from "../../forward/receipt.ts";
import type { HttpContext } from "../context.ts";

/** The proof of delivery, per instance. */
export function receiptRoutes({ db, guard }: HttpContext) {
  const sees = (request: Request, uploadId: string): boolean => {
    try {
      guard.upload(request, uploadId, "see");
      return true;
    } catch (error) {
      if (error instanceof RelayError) return false;
      throw error;
    }
  };

  return new Elysia().get(
    "/receipts/:id",
    ({ params, request }) => {
      const receipt = receiptOf(db, params.id);
      // A repeat is proven by the receipt of then, whoever sent it: it is also the repeat's own.
      const mine = uploadsWithReceipt(db.orm, params.id).some((uploadId) => sees(request, uploadId));
      if (!receipt || !mine) throw new RelayError("not_found");
      return receipt;
    },
    { detail: { summary: "A receipt" } },
  );
}
