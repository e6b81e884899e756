DROP INDEX `delivery_queue`;--> statement-breakpoint
CREATE INDEX `delivery_by_receipt` ON `delivery` (`receipt_id`);--> statement-breakpoint
CREATE INDEX `delivery_queue` ON `delivery` (`state`,`destination_id`,`priority`,`created_at`);--> statement-breakpoint
ALTER TABLE `delivery` DROP COLUMN `lease_until`;