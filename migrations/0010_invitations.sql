CREATE TABLE `invitation` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`code_hash` text NOT NULL,
	`label` text,
	`destination_id` text,
	`expected` text,
	`created_at` integer NOT NULL,
	`ends_at` integer NOT NULL,
	`used_at` integer,
	`used_key` text,
	`token_ends_at` integer,
	`revoked_at` integer,
	`upload_id` text,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invitation_code_hash_unique` ON `invitation` (`code_hash`);--> statement-breakpoint
CREATE INDEX `invitation_by_user` ON `invitation` (`user_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `invitation_by_end` ON `invitation` (`ends_at`);--> statement-breakpoint
ALTER TABLE `upload` ADD `invitation_id` text;