"""The tables of `journal.db`, one script for each version.

`MIGRATIONS[n]` brings a journal of version n to version n + 1; a script is never changed once it has been released.
"""

from __future__ import annotations

_FIRST = """
CREATE TABLE labels(
    name TEXT PRIMARY KEY,
    digit INTEGER UNIQUE CHECK (digit BETWEEN 1 AND 9),
    at REAL NOT NULL
) STRICT;

CREATE TABLE acts(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    session TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('app', 'command', 'folder'))
) STRICT;

-- One row for each undo; `open` is 1 while a redo may take it back.
CREATE TABLE undos(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    session TEXT,
    open INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE decisions(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    act INTEGER NOT NULL REFERENCES acts(id),
    file TEXT NOT NULL CHECK (length(file) = 64),
    kind TEXT NOT NULL CHECK (kind IN ('label', 'skip', 'unsure', 'ignore', 'clear')),
    label TEXT REFERENCES labels(name) ON UPDATE CASCADE,
    asks TEXT CHECK (asks IN ('archive', 'trash', 'rescue')),
    shown TEXT NOT NULL DEFAULT '{}',
    undo INTEGER REFERENCES undos(id),
    CHECK ((kind = 'label') = (label IS NOT NULL))
) STRICT;
CREATE INDEX decisions_in_force ON decisions(file, id) WHERE undo IS NULL AND kind <> 'skip';
CREATE INDEX decisions_of_file ON decisions(file);
CREATE INDEX decisions_of_act ON decisions(act);
CREATE INDEX decisions_of_undo ON decisions(undo) WHERE undo IS NOT NULL;
CREATE TRIGGER decisions_are_kept BEFORE DELETE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are never deleted'); END;
CREATE TRIGGER decisions_are_not_rewritten BEFORE UPDATE OF id, act, file, kind, asks, shown ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are never rewritten'); END;

CREATE TABLE effects(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    file TEXT NOT NULL,
    target TEXT NOT NULL CHECK (target IN ('sample', 'tag', 'state')),
    status TEXT NOT NULL
        CHECK (status IN ('due', 'staged', 'done', 'failed', 'forgotten', 'superseded')),
    decision INTEGER REFERENCES decisions(id),
    cause TEXT NOT NULL CHECK (cause IN ('decision', 'undo', 'redo')),
    wanted TEXT,
    committed INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    at REAL NOT NULL
) STRICT;
-- One open effect for each target of a file: a newer decision supersedes what an older one asked for.
CREATE UNIQUE INDEX effects_open ON effects(file, target) WHERE status IN ('due', 'staged', 'failed');
CREATE INDEX effects_by_status ON effects(status, id);
CREATE INDEX effects_of_decision ON effects(decision);

CREATE TABLE traces(
    file TEXT NOT NULL,
    target TEXT NOT NULL,
    before TEXT NOT NULL,
    applied TEXT,
    PRIMARY KEY (file, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE samples(
    path BLOB PRIMARY KEY,
    identity TEXT NOT NULL,
    content TEXT NOT NULL,
    label TEXT NOT NULL,
    origin TEXT NOT NULL,
    ours INTEGER NOT NULL,
    present INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX samples_of_identity ON samples(identity);

CREATE TABLE folds(file TEXT PRIMARY KEY, fold INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE runs(id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, record TEXT NOT NULL) STRICT;

CREATE TABLE leases(
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    about TEXT NOT NULL,
    taken REAL NOT NULL,
    beat REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE place(id INTEGER PRIMARY KEY CHECK (id = 1), content TEXT NOT NULL) STRICT;
"""

# What an act of ours is about to leave on a target: NULL unless it is under way, or was cut short.
_ATTEMPTED = "ALTER TABLE traces ADD COLUMN attempted TEXT;"

# A label's colour on the screen, and 1 for one that was merged into another: hidden until somebody uses it again.
_LOOKS = """
ALTER TABLE labels ADD COLUMN colour TEXT;
ALTER TABLE labels ADD COLUMN merged INTEGER NOT NULL DEFAULT 0;
"""

# Libraries to which a person let us write, after seeing what the key may and cannot do.
_CONSENTS = """
CREATE TABLE consents(library TEXT PRIMARY KEY, at REAL NOT NULL, said TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

# Findings of checks that a person said to ignore.
_FINDINGS = """
CREATE TABLE ignored_findings(key TEXT PRIMARY KEY, at REAL NOT NULL) STRICT, WITHOUT ROWID;
"""

# Changes of a person's own tags. Their effect has a target of its own, so the table of effects is made anew around its check.
_EDITS = """
CREATE TABLE edits(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    session TEXT NOT NULL,
    file TEXT NOT NULL CHECK (length(file) = 64),
    add_tags TEXT NOT NULL,
    remove_tags TEXT NOT NULL,
    finding TEXT NOT NULL DEFAULT '',
    changed TEXT,
    applied INTEGER NOT NULL DEFAULT 0,
    undone REAL
) STRICT;
CREATE INDEX edits_of_file ON edits(file);
CREATE TRIGGER edits_are_kept BEFORE DELETE ON edits
BEGIN SELECT RAISE(ABORT, 'edits are never deleted'); END;
CREATE TRIGGER edits_are_not_rewritten BEFORE UPDATE OF id, at, file, add_tags, remove_tags, finding ON edits
BEGIN SELECT RAISE(ABORT, 'edits are never rewritten'); END;

CREATE TABLE effects_anew(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    file TEXT NOT NULL,
    target TEXT NOT NULL CHECK (target IN ('sample', 'tag', 'state', 'edit')),
    status TEXT NOT NULL
        CHECK (status IN ('due', 'staged', 'done', 'failed', 'forgotten', 'superseded')),
    decision INTEGER REFERENCES decisions(id),
    cause TEXT NOT NULL CHECK (cause IN ('decision', 'undo', 'redo')),
    wanted TEXT,
    committed INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    at REAL NOT NULL
) STRICT;
INSERT INTO effects_anew(id, file, target, status, decision, cause, wanted, committed, tries, not_before, reason, at)
    SELECT id, file, target, status, decision, cause, wanted, committed, tries, not_before, reason, at FROM effects;
DROP TABLE effects;
ALTER TABLE effects_anew RENAME TO effects;
CREATE UNIQUE INDEX effects_open ON effects(file, target) WHERE status IN ('due', 'staged', 'failed');
CREATE INDEX effects_by_status ON effects(status, id);
CREATE INDEX effects_of_decision ON effects(decision);
"""

# What a label stands for, in a sentence: for people, and for encoders of texts.
_MEANINGS = "ALTER TABLE labels ADD COLUMN about TEXT NOT NULL DEFAULT '';"

# Where a label stands in lists (NULL: after those that have a place, by its digit), and the files whose scores are
# compared before and after each training.
_ORDER = """
ALTER TABLE labels ADD COLUMN place INTEGER;
CREATE TABLE probes(file TEXT PRIMARY KEY CHECK (length(file) = 64), at REAL NOT NULL) STRICT, WITHOUT ROWID;
"""

# Searches that somebody keeps under a name.
_SEARCHES = """
CREATE TABLE searches(
    name TEXT PRIMARY KEY,
    queue TEXT NOT NULL,
    query TEXT NOT NULL,
    at REAL NOT NULL
) STRICT, WITHOUT ROWID;
"""

# What became of one file's effects, however many there have been: without it each undo reads all that was ever done.
_EFFECTS_OF_A_FILE = "CREATE INDEX effects_of_file ON effects(file, target, id);"

MIGRATIONS: tuple[str, ...] = (
    _FIRST,
    _ATTEMPTED,
    _LOOKS,
    _CONSENTS,
    _FINDINGS,
    _EDITS,
    _MEANINGS,
    _ORDER,
    _SEARCHES,
    _EFFECTS_OF_A_FILE,
)
