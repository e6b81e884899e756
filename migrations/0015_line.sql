ALTER TABLE `upload` ADD `line_bytes_per_second` integer;--> statement-breakpoint
ALTER TABLE `upload` ADD `line_stalls` integer;--> statement-breakpoint
ALTER TABLE `upload` ADD `line_breaks` integer;