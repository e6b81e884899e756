CREATE TABLE `box_clock` (
	`id` integer PRIMARY KEY NOT NULL,
	`box` integer NOT NULL,
	`wall` integer NOT NULL
);
--> statement-breakpoint
-- Box time goes on from the newest stamp that no clock ahead of today's has left.
INSERT INTO `box_clock` (`id`, `box`, `wall`)
SELECT 1, coalesce((SELECT max(`at`) FROM (
	SELECT `last_traffic_at` AS `at` FROM `upload` UNION ALL
	SELECT `ended_at` FROM `upload` UNION ALL
	SELECT `updated_at` FROM `delivery` UNION ALL
	SELECT `last_used_at` FROM `session`
) WHERE `at` <= `now`), `now`), `now` FROM (SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS `now`);
--> statement-breakpoint
DROP INDEX `upload_names_left`;
--> statement-breakpoint
ALTER TABLE `upload` ADD `ended_box` integer;
--> statement-breakpoint
CREATE INDEX `upload_names_left` ON `upload` (`ended_box`) WHERE blanked_at IS NULL;
--> statement-breakpoint
ALTER TABLE `delivery` ADD `updated_box` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
-- What a wall clock stamped that was ahead counts from now: else it would be kept for as long as the clock was ahead.
UPDATE `upload` SET
	`last_traffic_at` = min(`last_traffic_at`, (SELECT `box` FROM `box_clock`)),
	`ended_box` = min(`ended_at`, (SELECT `box` FROM `box_clock`));
--> statement-breakpoint
UPDATE `delivery` SET
	`updated_box` = min(`updated_at`, (SELECT `box` FROM `box_clock`)),
	`retry_until` = min(`retry_until`, (SELECT `box` FROM `box_clock`) + `retry_until` - `created_at`),
	`next_attempt_at` = NULL;
--> statement-breakpoint
UPDATE `session` SET `ends_at` = min(`ends_at`, (SELECT `box` FROM `box_clock`) + `ends_at` - `created_at`);
