CREATE TABLE `delivery` (
	`id` text PRIMARY KEY NOT NULL,
	`upload_id` text NOT NULL,
	`study_id` text NOT NULL,
	`destination_id` text NOT NULL,
	`via` text,
	`state` text NOT NULL,
	`priority` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer,
	`lease_until` integer,
	`retry_until` integer NOT NULL,
	`delivered_instances` integer DEFAULT 0 NOT NULL,
	`total_instances` integer NOT NULL,
	`receipt_id` text,
	`error_code` text,
	`error_message` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`upload_id`) REFERENCES `upload`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`study_id`) REFERENCES `study`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `delivery_once` ON `delivery` (`study_id`,`destination_id`);--> statement-breakpoint
CREATE INDEX `delivery_queue` ON `delivery` (`state`,`priority`,`created_at`);--> statement-breakpoint
CREATE INDEX `delivery_by_upload` ON `delivery` (`upload_id`);--> statement-breakpoint
CREATE TABLE `delivery_instance` (
	`delivery_id` text NOT NULL,
	`instance_id` integer NOT NULL,
	`result` text NOT NULL,
	`answer` text NOT NULL,
	`verified_by` text,
	`destination_id` text NOT NULL,
	`error_code` text,
	`error_message` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`delivery_id`, `destination_id`, `instance_id`),
	FOREIGN KEY (`delivery_id`) REFERENCES `delivery`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`instance_id`) REFERENCES `instance`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `finding` (
	`id` integer PRIMARY KEY NOT NULL,
	`upload_id` text NOT NULL,
	`code` text NOT NULL,
	`severity` text NOT NULL,
	`message` text NOT NULL,
	`file_name` text,
	FOREIGN KEY (`upload_id`) REFERENCES `upload`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `finding_by_upload` ON `finding` (`upload_id`);--> statement-breakpoint
CREATE TABLE `instance` (
	`id` integer PRIMARY KEY NOT NULL,
	`study_id` text NOT NULL,
	`sop_instance_uid` text NOT NULL,
	`sop_class_uid` text NOT NULL,
	`series_instance_uid` text NOT NULL,
	`transfer_syntax_uid` text NOT NULL,
	`path` text NOT NULL,
	`file_size` integer NOT NULL,
	`data_set_offset` integer NOT NULL,
	`head` blob,
	`sha256` text NOT NULL,
	FOREIGN KEY (`study_id`) REFERENCES `study`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `instance_in_study` ON `instance` (`study_id`,`sop_instance_uid`);--> statement-breakpoint
CREATE TABLE `received_range` (
	`file` integer NOT NULL,
	`first` integer NOT NULL,
	`last` integer NOT NULL,
	PRIMARY KEY(`file`, `first`),
	FOREIGN KEY (`file`) REFERENCES `upload_file`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `study` (
	`id` text PRIMARY KEY NOT NULL,
	`upload_id` text NOT NULL,
	`study_instance_uid` text NOT NULL,
	`patient_name` text,
	`patient_id` text,
	`patient_birth_date` text,
	`patient_sex` text,
	`study_date` text,
	`accession_number` text,
	`study_description` text,
	`modalities` text NOT NULL,
	`series_count` integer NOT NULL,
	`instance_count` integer NOT NULL,
	`decision` text NOT NULL,
	`service_level` text NOT NULL,
	FOREIGN KEY (`upload_id`) REFERENCES `upload`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `study_in_upload` ON `study` (`upload_id`,`study_instance_uid`);--> statement-breakpoint
CREATE TABLE `upload` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`state` text NOT NULL,
	`service_level` text NOT NULL,
	`metadata` text,
	`expected_studies` text,
	`resend_reason` text,
	`destination_ids` text NOT NULL,
	`total_files` integer NOT NULL,
	`total_size_bytes` integer NOT NULL,
	`chunk_size` integer NOT NULL,
	`files_declared` integer NOT NULL,
	`idempotency_key` text,
	`idempotency_hash` text,
	`error_code` text,
	`receipt_id` text,
	`waiting_for_space` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL,
	`last_traffic_at` integer NOT NULL,
	`completed_at` integer,
	`ended_at` integer,
	`files_removed_at` integer,
	`blanked_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `upload_idempotency` ON `upload` (`user_id`,`idempotency_key`);--> statement-breakpoint
CREATE INDEX `upload_by_state` ON `upload` (`state`,`created_at`);--> statement-breakpoint
CREATE INDEX `upload_by_user` ON `upload` (`user_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `upload_by_receipt` ON `upload` (`receipt_id`);--> statement-breakpoint
CREATE TABLE `upload_file` (
	`id` integer PRIMARY KEY NOT NULL,
	`upload_id` text NOT NULL,
	`file_id` text NOT NULL,
	`name` text,
	`size_bytes` integer,
	`state` text NOT NULL,
	`sha256` text,
	`received_bytes` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`upload_id`) REFERENCES `upload`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `upload_file_by_client_id` ON `upload_file` (`upload_id`,`file_id`);--> statement-breakpoint
CREATE TABLE `user` (
	`id` text PRIMARY KEY NOT NULL,
	`username` text NOT NULL,
	`password_hash` text NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL,
	`disabled_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `user_username_unique` ON `user` (`username`);