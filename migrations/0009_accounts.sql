CREATE TABLE `recovery_code` (
	`hash` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `recovery_code_by_user` ON `recovery_code` (`user_id`);--> statement-breakpoint
CREATE TABLE `setup_code` (
	`id` integer PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`ends_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sign_in_count` (
	`key` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`blocked_until` integer NOT NULL,
	`forget_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sign_in_count_by_end` ON `sign_in_count` (`forget_at`);--> statement-breakpoint
ALTER TABLE `user` ADD `totp_secret` text;--> statement-breakpoint
ALTER TABLE `user` ADD `totp_pending` text;--> statement-breakpoint
ALTER TABLE `user` ADD `totp_last_step` integer;