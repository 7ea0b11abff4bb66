"""Our opinion as tags: targets, the ledger of what we wrote, write and clear."""
