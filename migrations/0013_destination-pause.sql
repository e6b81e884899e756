CREATE TABLE `destination_pause` (
	`destination_id` text PRIMARY KEY NOT NULL,
	`since` integer NOT NULL
);
