"""The learn job: what the library's own tags and notes teach, as one more version that is in use at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.tagtable import TagTable
from hyai_tui.errors import NotNow, PictureError
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.tag_sources import Sources, make_reference, read_sources, read_texts, tags_of_files
from hyai_tui.learning.registry import Registry
from hyai_tui.patterns import documents, pairs, store
from hyai_tui.patterns.evidence import Known
from hyai_tui.patterns.faces import FACES, Faces, group_faces, named_faces
from hyai_tui.patterns.groups import name_of, typical_tags
from hyai_tui.patterns.mixing import learn_mix
from hyai_tui.patterns.pairs import LEAST, PairCounts
from hyai_tui.patterns.patterns import Kept, Patterns, kept_partners
from hyai_tui.patterns.proposals import propose
from hyai_tui.patterns.pulls import Sided, count_sides
from hyai_tui.patterns.reference import Reference
from hyai_tui.patterns.related import relations, strongest
from hyai_tui.patterns.store import Counted, PatternStore
from hyai_tui.patterns.trial import held_out
from hyai_tui.patterns.words import words_by_tag
from hyai_tui.pictures.decode import open_picture

KIND = "learn"
COMPUTE = True
_MOST_TAGS: Final = 100_000
_GROUP_EXAMPLES: Final = 100
_MOST_FACED: Final = 2_000


def run(context: JobContext) -> dict[str, Any]:
    """Learn tag patterns, note patterns, visual groups, related tags and suggestions; each is a stage of that name.

    Options:
        anew: count and group everything anew, whatever earlier runs have left.
        faces: group faces too, with the encoder that the user's own settings name.

    Returns:
        `version`, `previous`, `files`, `tags`, `pairs`, `pulls`, `described` (tags with words), `groups`, `related`,
        `suggestions`, `trial` (see `mixing.Mix`), `trial_before` (of the version before), `artefacts`, `seconds`.

    Raises:
        NotNow: the library has not been scanned yet.
        SettingsError: faces are asked for, and there is no encoder of faces.
        Cancelled: what was in use stays in use.
    """
    began = time.monotonic()
    workspace = context.workspace
    kept_store = PatternStore(workspace.patterns_directory)
    before = kept_store.current()
    anew = bool(context.options.get("anew"))
    faces = named_faces() if context.options.get("faces") else None
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        context.report.stage("tag-patterns", "counting tags and which go together")
        sources = read_sources(context, catalog, journal)
        if not len(sources.table):
            raise NotNow("No file of the library is known yet", "Run 'hyai scan'")
        version, place = kept_store.begin()
        counts = pairs.tag_counts(sources.table)
        found = _pairs(context, kept_store, catalog, sources.table, anew=anew)
        kept, sided, known = _tables(sources, counts, found)
        context.check()

        context.report.stage("note-patterns", "reading notes, addresses and names")
        texts = read_texts(context)
        words = words_by_tag(texts, tags_of_files(sources, texts))
        store.write_document(place, documents.DESCRIPTIONS, documents.description_patterns(words))
        context.check()

        context.report.stage("visual-groups", "grouping pictures that look alike")
        last = None if anew or before is None else kept_store.load_reference(before)
        reference = make_reference(context, catalog, journal, sources, kept, last)
        names = tuple(sources.table.names[number] for number in kept.numbers.tolist())
        groups = _groups(reference, names)
        store.write_document(place, documents.GROUPS, groups)
        if reference is not None:
            store.write_reference(place, reference)
        faced = _faces(context, place, faces, reference)
        context.check()

    at = time.time()
    context.report.stage("related-tags", "relating tags")
    synonyms = relations(known.partners, known.counts, names)
    store.write_document(place, documents.SEARCH, documents.search_index(synonyms, at))
    context.check()

    context.report.stage("suggestions", "measuring suggestions on tags that are held back")
    mix = learn_mix(held_out(known, reference))
    patterns = Patterns(version, at, names, known, sided, mix)
    store.write_patterns(place, patterns)
    store.write_document(
        place, documents.CATEGORIES, documents.category_patterns(patterns, sources.table, counts, sources.file)
    )
    proposals = propose(patterns, reference, groups, workspace.settings.patterns.suggestions_most, context.check)
    store.write_document(place, documents.SUGGESTIONS, proposals)
    context.check()

    context.report.stage("report", "writing the report")
    result = {
        "version": version,
        "previous": before,
        "files": len(sources.table),
        "tags": int((counts > 0).sum()),
        "pairs": len(found.keys),
        "pulls": len(patterns.strongest()),
        "described": len(words),
        "groups": len(groups["groups"]),
        "related": len(synonyms),
        "suggestions": len(proposals),
        "trial": mix.trial,
        "trial_before": None if before is None else _trial_of(kept_store, before),
    }
    seconds = round(time.monotonic() - began, 3)
    report = _report(context, sources, counts, (faced, len(texts)), at, {**result, "seconds": seconds})
    store.write_document(place, documents.REPORT, report)
    kept_store.finish(version)
    context.report.log(f"patterns v{version} are in use")
    return {**result, "artefacts": [one.name for one in kept_store.artefacts(version)], "seconds": seconds}


def _pairs(
    context: JobContext, kept_store: PatternStore, catalog: Catalog, table: TagTable, *, anew: bool
) -> PairCounts:
    """Return which tags go together, counting only what has changed where an earlier run has left its counts."""
    identity = catalog.identity
    before = None if anew else kept_store.counted(identity)
    if before is None:
        found = pairs.count_pairs(table, context.check)
    else:
        # Tags of ours may have another prefix now: then nearly all files differ, and all are counted anew.
        found = pairs.updated(before.pairs, before.table, table, context.check)
    kept_store.keep_counted(Counted(identity, table, found))
    return found


def _tables(sources: Sources, counts: NDArray[np.int64], found: PairCounts) -> tuple[Kept, Sided, Known]:
    """Return the tags that are kept, how they fall on the sides, and what is known of them."""
    enough = np.flatnonzero(counts >= LEAST)
    if len(enough) > _MOST_TAGS:
        enough = np.sort(enough[np.argsort(-counts[enough], kind="stable")[:_MOST_TAGS]])
    kept = Kept(enough)
    sided = count_sides(sources.table, sources.side, sources.labels)
    partners = kept_partners(strongest(found, counts), kept)
    known = Known(len(sources.table), counts[enough], partners)
    return kept, Sided(sided.labels, sided.sizes, sided.files[:, enough]), known


def _groups(reference: Reference | None, names: tuple[str, ...]) -> dict[str, Any]:
    """Return `groups`, the largest first: `id`, `name`, `files`, `tags` and `examples`; and `files` that were looked at."""
    if reference is None:
        return {"files": 0, "groups": []}
    table = TagTable(np.arange(len(reference)), reference.starts, reference.tags, names)
    amount = len(reference.centres)
    typical = typical_tags(table, reference.group, amount)
    rows = []
    for number in range(amount):
        members = np.flatnonzero(reference.group == number)
        examples = reference.files[members[:_GROUP_EXAMPLES]].tolist()
        rows.append(
            {
                "id": number + 1,
                "name": name_of(number, typical[number]),
                "files": len(members),
                "tags": typical[number],
                "examples": [one.decode("ascii") for one in examples],
            }
        )
    return {"files": len(reference), "groups": rows}


def _faces(context: JobContext, place: Path, faces: Faces | None, reference: Reference | None) -> int:
    """Group the faces of some files of the reference where that was asked for; returns how many have one."""
    if faces is None or reference is None:
        return 0
    context.report.stage("faces", "grouping faces")
    files = [one.decode("ascii") for one in reference.files[:_MOST_FACED].tolist()]
    library = context.workspace.open_library()

    def pictures() -> Iterator[tuple[str, Image.Image]]:
        for number, file in enumerate(files):
            context.check()
            context.report.progress(number, len(files))
            try:
                yield file, open_picture(library.read(file))
            except PictureError as error:
                context.report.log(f"a file was left out: {error.reason}")

    try:
        found = group_faces(faces, pictures())
    finally:
        library.close()
    store.write_document(place, FACES, found)
    return int(found["with_faces"])


def _trial_of(kept_store: PatternStore, version: int) -> dict[str, Any] | None:
    try:
        return kept_store.load(version).mix.trial
    except NotNow:
        return None


def _report(
    context: JobContext,
    sources: Sources,
    counts: NDArray[np.int64],
    described: tuple[int, int],
    at: float,
    metrics: dict[str, Any],
) -> dict[str, Any]:
    """Return the training report: the keys that it always had, then the figures of this learning."""
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda tag: (-counts[tag], sources.table.names[tag]))
    return {
        "timestamp": documents.timestamp(at),
        "total_images": len(sources.table),
        "total_tags": int((counts > 0).sum()),
        "images_with_faces": described[0],
        "images_with_detailed_desc": described[1],
        "top_categories": [[sources.table.names[tag], int(counts[tag])] for tag in order[: documents.TOP]],
        "status": "completed",
        "model": Registry(context.workspace.models_directory).current_id(),
        "host": context.workspace.settings.library.kind,
        "metrics": metrics,
    }
