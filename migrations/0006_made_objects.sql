ALTER TABLE `delivered_object` ADD `series_instance_uid` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `delivered_object` ADD `sop_instance_uid` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `instance` ADD `made` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `study` ADD `study_time` text;--> statement-breakpoint
ALTER TABLE `study` ADD `dicom_study_id` text;--> statement-breakpoint
ALTER TABLE `study` ADD `referring_physician_name` text;--> statement-breakpoint
ALTER TABLE `upload_file` ADD `object_key` text;--> statement-breakpoint
ALTER TABLE `upload_file` ADD `asked_at` integer;