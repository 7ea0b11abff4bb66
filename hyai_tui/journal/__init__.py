"""What people did: decisions, undo, the outbox of effects, folds, runs and labels (journal.db)."""
