ALTER TABLE cases ADD COLUMN protected_classes TEXT NOT NULL DEFAULT '[]'
