CREATE TABLE `destination_target` (
	`destination_id` text PRIMARY KEY NOT NULL,
	`target` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `upload_newest` ON `upload` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `upload_files_left` ON `upload` (`id`) WHERE ended_at IS NOT NULL AND files_removed_at IS NULL;--> statement-breakpoint
CREATE INDEX `upload_names_left` ON `upload` (`ended_at`) WHERE blanked_at IS NULL;