CREATE TABLE `audit` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`actor_id` text,
	`actor_name` text,
	`address` text,
	`event` text NOT NULL,
	`upload_id` text,
	`study` text,
	`result` text NOT NULL,
	`details` text NOT NULL,
	`previous` text NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_by_upload` ON `audit` (`upload_id`);--> statement-breakpoint
CREATE INDEX `audit_by_event` ON `audit` (`event`);--> statement-breakpoint
CREATE INDEX `audit_by_time` ON `audit` (`at`);--> statement-breakpoint
CREATE TABLE `audit_reason` (
	`seq` integer PRIMARY KEY NOT NULL,
	`reason` text NOT NULL,
	`given_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TRIGGER `audit_appends_only` BEFORE INSERT ON `audit` WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;--> statement-breakpoint
CREATE TRIGGER `audit_never_changes` BEFORE UPDATE ON `audit` BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;--> statement-breakpoint
CREATE TRIGGER `audit_never_shrinks` BEFORE DELETE ON `audit` BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
