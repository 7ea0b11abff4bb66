"""hyai.toml and HYAI_* variables to typed settings, and back.

Each setting is a field of a frozen dataclass with its default, its range and one sentence of help in the field's
metadata: the reference, `config show` and the error messages are all made from them. A workspace's file may come
from a stranger, so nothing here can name a command, a key or a plug-in; those are read from the user's own
configuration directory.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from hyai_tui.errors import SettingsError
from hyai_tui.settings_labels import (
    checked_one,
    checked_table,
    is_per_label,
    parsed_one,
    parsed_table,
    parted,
    refuse_one_tag_of_two,
)
from hyai_tui.settings_training import RetrainSettings as RetrainSettings
from hyai_tui.settings_training import TrainSettings as TrainSettings
from hyai_tui.settings_values import checked, fault_of_prefix, parsed, per_label, setting

SETTINGS_FILE = "hyai.toml"
_OWN_VARIABLES = frozenset({"HYAI_HOME", "HYAI_HYDRUS_URL", "HYAI_HYDRUS_KEY", "HYAI_WEIGHTS", "HYAI_READ_ONLY"})


@dataclass(frozen=True, slots=True)
class LibrarySettings:
    """Where the files live."""

    kind: str = setting("folder", "where files live", choices=("folder", "hydrus"))
    path: str = setting(".", "folder library: its root, relative to the workspace or absolute")
    sidecars: bool = setting(True, "folder library: take tags in from a text beside a picture, one a line")
    url: str = setting("", "Hydrus library: address of the Client API")
    tag_service: str = setting("", "Hydrus library: key of the local tag service to write to; empty is my tags")
    shown_tags: str = setting("", "Hydrus library: key of the one tag service whose tags are shown; empty shows all")
    motion: str = setting("skip", "video and animation: leave out, or show by thumbnail", choices=("skip", "thumbnail"))
    trash_hours: float = setting(
        72.0,
        "Hydrus library: hours that its options keep files in the trash, for the warning about rescued ones; 0 is for ever",
        low=0,
        high=1_000_000,
    )
    sample_pixels: int | None = setting(
        None, "Hydrus library: longest side of samples in data/; 0 copies originals; unset asks first", low=0, high=8192
    )
    timeout_seconds: float = setting(30.0, "Hydrus library: longest wait for one answer", low=1, high=600)


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """How pictures become vectors."""

    encoder: str = setting(
        "auto",
        "encoder; auto is mobilenetv2 where weights are at hand, else small; plugin is yours",
        choices=("auto", "mobilenetv2", "efficientnetb0", "resnet50", "small", "hog", "plugin"),
    )
    weights: str = setting("imagenet", "the network's weights: imagenet, or a file")
    source: str = setting(
        "file", "what is encoded: original files or the library's thumbnails", choices=("file", "thumbnail")
    )
    batch_size: int = setting(
        0, "pictures per encoder step; 0 is what the free memory bears, up to 16", low=0, high=4096
    )
    decode_threads: int = setting(0, "threads that decode; 0 is one per core", low=0, high=256)


@dataclass(frozen=True, slots=True)
class TagSettings:
    """How scores become tags."""

    prefix: str = setting("hyai:", "what our tags begin with", fault=fault_of_prefix)
    archive_threshold: float | None = setting(
        None, "score of trash at or below which a file gets the archive tag", low=0, high=1
    )
    trash_threshold: float | None = setting(
        None, "score of trash at or above which a file gets the trash tag", low=0, high=1
    )
    precision: float | None = setting(
        None, "share of right tags that a training chooses its thresholds for; unset keeps .28 and .78", low=0.5, high=1
    )
    mark_archive: bool = setting(True, "write archive tags")
    mark_trash: bool = setting(True, "write trash tags")
    names: Mapping[str, str] = per_label(
        "by label: its whole tag, in place of the prefix and the label's name", fault=fault_of_prefix
    )
    thresholds: Mapping[str, float] = per_label(
        "by label: how sure of it the model must be; archive and trash have settings of their own",
        low=0,
        high=1,
        instead={"archive": "tag.archive_threshold", "trash": "tag.trash_threshold"},
    )
    marks: Mapping[str, bool] = per_label(
        "by label: whether its tag is written; archive and trash have settings of their own",
        instead={"archive": "tag.mark_archive", "trash": "tag.mark_trash"},
    )
    criteria: tuple[str, ...] = setting(
        ("system:filetype is image", "system:has no duration"), "which files may be tagged, as Hydrus predicates"
    )
    batch_size: int = setting(256, "files per request", low=1, high=256)


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """What the review screen does."""

    keep_thumbnails_mb: int = setting(512, "most megabytes of the thumbnail cache", low=1, high=1_000_000)
    goal: int = setting(0, "decisions a day that you aim at; 0 for none", low=0, high=1_000_000)


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """What the queues hold."""

    seed: int = setting(1, "seed of the order of the queue all", low=0, high=2**31 - 1)
    certain: float = setting(0.9, "least probability in the queue certain", low=0.5, high=1)
    band_label: str = setting("", "label of the queue band; empty is the model's last one")
    band_low: float = setting(0.3, "least probability in the queue band", low=0, high=1)
    band_high: float = setting(0.8, "most probability in the queue band", low=0, high=1)
    oddities: str = setting(
        "lof", "what is odd: unlike its neighbours (lof), or set apart from all (forest)", choices=("lof", "forest")
    )
    opposites: tuple[str, ...] = setting(
        (), "pairs of tags that contradict each other, each written with a bar between the two"
    )


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """What the checks call a fault."""

    needs: tuple[str, ...] = setting(
        (), 'rules such as "series > person": a file with a tag series:… should have one person:…'
    )
    fewest_tags: int = setting(3, "a file with fewer tags is reported; 0 reports none", low=0, high=1_000_000)
    most_tags: int = setting(50, "a file with more tags is reported", low=0, high=1_000_000)
    confidence: float = setting(0.8, "how sure the model must be before it contradicts a tag", low=0.5, high=1)
    namespaces: tuple[str, ...] = setting(
        (), "namespaces whose tags are compared with pictures; none names all that say what is on a picture"
    )
    limit_seconds: float = setting(300.0, "longest time that one check of 'check all' may take", low=1, high=86_400)
    again_after: int = setting(
        500, "files and decisions that change before another run is proposed; 0 never", low=0, high=1_000_000
    )
    every_days: float = setting(
        30.0, "days after which another run is proposed, whatever has changed; 0 never", low=0, high=3650
    )


@dataclass(frozen=True, slots=True)
class PatternSettings:
    """What is learnt from tags and notes."""

    group_distance: float = setting(
        0.7, "how far apart pictures of one visual group may be, 0 to 2; less gives more groups", low=0.01, high=2
    )
    group_least: int = setting(5, "fewest pictures of a visual group", low=2, high=1_000_000)
    texts_most: int = setting(
        10_000, "most files whose notes, addresses or names are read for words", low=0, high=10_000_000
    )
    suggestions_most: int = setting(
        1_000, "most files in the file of suggestions that a learning writes", low=0, high=1_000_000
    )
    widen_search: bool = setting(False, "a condition tag= also finds files with related tags, as related= does")


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    """What others may see over your shoulder."""

    start: str = setting("show", "how pictures show at start", choices=("show", "mosaic", "nothing"))
    idle_minutes: float = setting(
        0.0, "minutes without a key before pictures, tags and names go; 0 is never", low=0, high=1440
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a workspace, resolved: file, then environment."""

    library: LibrarySettings = field(default_factory=LibrarySettings)
    features: FeatureSettings = field(default_factory=FeatureSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    retrain: RetrainSettings = field(default_factory=RetrainSettings)
    tag: TagSettings = field(default_factory=TagSettings)
    review: ReviewSettings = field(default_factory=ReviewSettings)
    queues: QueueSettings = field(default_factory=QueueSettings)
    checks: CheckSettings = field(default_factory=CheckSettings)
    patterns: PatternSettings = field(default_factory=PatternSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    read_only: bool = field(default=False, metadata={"about": "make no write request to the library"})

    def as_dict(self) -> dict[str, Any]:
        """Return plain tables, as written to a job's specification; `from_dict` reads them back."""
        return asdict(self)


SECTIONS: dict[str, type] = {
    "library": LibrarySettings,
    "features": FeatureSettings,
    "train": TrainSettings,
    "retrain": RetrainSettings,
    "tag": TagSettings,
    "review": ReviewSettings,
    "queues": QueueSettings,
    "checks": CheckSettings,
    "patterns": PatternSettings,
    "privacy": PrivacySettings,
}


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings file and apply the environment. A missing file gives the defaults.

    Raises:
        SettingsError: naming the file, the key, and the nearest valid key or value.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        tables = {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}", "Mend that line, or move the file away") from error
    return with_environment(from_dict(tables, origin=str(path)), environment)


def from_dict(tables: Mapping[str, Any], origin: str = SETTINGS_FILE) -> Settings:
    """Check tables of settings and return them typed; `origin` names the file in errors."""
    settings = Settings()
    for name, value in tables.items():
        if name == "read_only":
            settings = replace(settings, read_only=checked(origin, "read_only", value, bool, {}))
        elif name not in SECTIONS:
            raise _unknown(origin, name, [*SECTIONS, "read_only"])
        elif not isinstance(value, Mapping):
            raise SettingsError(f"{origin}: {name} is a table", f"Write [{name}] above its keys")
        else:
            settings = replace(settings, **{name: _section(origin, name, value)})
    return _consistent(origin, settings)


def with_environment(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """Return the settings with HYAI_<SECTION>_<KEY> and the product's own variables applied."""
    for (section, key), text in _variables(environment):
        value = parse_value(section, key, text, origin=f"HYAI_{section}_{key}".upper())
        settings = replace(settings, **{section: replace(getattr(settings, section), **{key: value})})
    if url := environment.get("HYAI_HYDRUS_URL"):
        settings = replace(settings, library=replace(settings.library, url=url))
    if weights := environment.get("HYAI_WEIGHTS"):
        settings = replace(settings, features=replace(settings.features, weights=weights))
    if flag := environment.get("HYAI_READ_ONLY"):
        settings = replace(settings, read_only=bool(parsed("HYAI_READ_ONLY", flag, bool)))
    return _consistent("the environment", settings)


def unknown_variables(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return HYAI_* variables that mean nothing; the caller warns and goes on."""
    names = (name for name in environment if name.startswith("HYAI_"))
    return sorted(name for name in names if name not in _OWN_VARIABLES and _setting_of(name) is None)


def describe() -> Iterator[tuple[str, str, Any, str]]:
    """Yield (section, key, default, about) of every setting, for the reference and `config show`."""
    for section, kind in SECTIONS.items():
        for one in fields(kind):
            default = one.default if one.default_factory is MISSING else one.default_factory()
            yield section, one.name, default, one.metadata["about"]


def choices(section: str, key: str) -> tuple[str, ...]:
    """Return the words that a setting takes; empty where it takes more than a few."""
    one = _field(SECTIONS[section], parted(key)[0])
    return () if one is None else tuple(one.metadata["choices"])


def parse_value(section: str, key: str, text: str, origin: str = "config set") -> Any:
    """Return the value that `config set` or a variable gave as text, checked.

    Raises:
        SettingsError: for an unknown section or key, or a value that is not allowed.
    """
    if section not in SECTIONS:
        raise _unknown(origin, section, list(SECTIONS))
    kind = SECTIONS[section]
    base, label = parted(key)
    one = _field(kind, base)
    hint = get_type_hints(kind).get(base)
    if one is None or (label and not is_per_label(hint)):
        raise _unknown(origin, f"{section}.{key}", [f"{section}.{f.name}" for f in fields(kind)])
    if label:
        value = parsed_one(origin, text, hint)
        return checked_one(origin, f"{section}.{base}", label, value, hint, one.metadata)
    if is_per_label(hint):
        return checked_table(origin, f"{section}.{base}", parsed_table(origin, text, hint), hint, one.metadata)
    return checked(origin, f"{section}.{key}", parsed(origin, text, hint), hint, one.metadata)


def _section(origin: str, name: str, table: Mapping[str, Any]) -> Any:
    kind = SECTIONS[name]
    hints = get_type_hints(kind)
    values = {}
    for key, value in table.items():
        one = _field(kind, key)
        if one is None:
            raise _unknown(origin, f"{name}.{key}", [f"{name}.{f.name}" for f in fields(kind)])
        check = checked_table if is_per_label(hints[key]) else checked
        values[key] = check(origin, f"{name}.{key}", value, hints[key], one.metadata)
    return kind(**values)


def _field(kind: type, key: str) -> Field[Any] | None:
    return next((one for one in fields(kind) if one.name == key), None)


def _consistent(origin: str, settings: Settings) -> Settings:
    low, high = settings.tag.archive_threshold, settings.tag.trash_threshold
    if low is not None and high is not None and low > high:
        raise SettingsError(
            f"{origin}: tag.archive_threshold {low} is above tag.trash_threshold {high}",
            "The archive side ends below the trash side: swap them",
        )
    refuse_one_tag_of_two(origin, settings.tag.names, settings.tag.prefix)
    return settings


def _unknown(origin: str, name: str, valid: list[str]) -> SettingsError:
    near = difflib.get_close_matches(name, valid, 1, cutoff=0.5)
    fix = f"Did you mean {near[0]!r}?" if near else f"Valid are {', '.join(valid)}"
    return SettingsError(f"{origin}: there is no setting {name!r}", fix)


def _setting_of(variable: str) -> tuple[str, str] | None:
    """Return (section, key) of a variable such as HYAI_TAG_BATCH_SIZE."""
    name = variable.removeprefix("HYAI_").lower()
    for section, kind in SECTIONS.items():
        key = name.removeprefix(f"{section}_")
        if key != name and _field(kind, key) is not None:
            return section, key
    return None


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
    for name, text in environment.items():
        if name.startswith("HYAI_") and name not in _OWN_VARIABLES and (found := _setting_of(name)) is not None:
            yield found, text
