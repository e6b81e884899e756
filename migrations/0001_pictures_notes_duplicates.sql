CREATE TABLE `delivered_object` (
	`object_key` text NOT NULL,
	`destination_id` text NOT NULL,
	`receipt_id` text NOT NULL,
	`study_instance_uid` text NOT NULL,
	`modalities` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`object_key`, `destination_id`)
);
--> statement-breakpoint
CREATE TABLE `source_picture` (
	`id` integer PRIMARY KEY NOT NULL,
	`study_id` text NOT NULL,
	`path` text NOT NULL,
	`kind` text NOT NULL,
	`file_name` text,
	FOREIGN KEY (`study_id`) REFERENCES `study`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `source_picture_by_study` ON `source_picture` (`study_id`);--> statement-breakpoint
ALTER TABLE `delivery` ADD `notes_as` text DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE `instance` ADD `object_key` text;--> statement-breakpoint
ALTER TABLE `instance` ADD `notes_as` text;--> statement-breakpoint
ALTER TABLE `study` ADD `clinical_notes` text;--> statement-breakpoint
ALTER TABLE `study` ADD `reject_reason` text;