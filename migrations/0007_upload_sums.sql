ALTER TABLE `upload` ADD `file_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `upload` ADD `declared_bytes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `upload` ADD `received_bytes` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
UPDATE `upload` SET (`file_count`, `declared_bytes`, `received_bytes`) = (
	SELECT count(*), coalesce(sum(`size_bytes`), 0), coalesce(sum(`upload_file`.`received_bytes`), 0) FROM `upload_file` WHERE `upload_id` = `upload`.`id`
);
