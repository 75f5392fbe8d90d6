"""The store of glossaries: what is kept, for how long, and how much of it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.glossaries.errors import GlossariesFull, GlossaryFileUnusable, GlossaryNotFound
from service.glossaries.store import Dictionary, DictionaryInfo, GlossaryLimits, GlossaryStore
from service.text.glossary import GlossaryEntry


def dictionary(source: str = "en", target: str = "zh", **terms: str) -> Dictionary:
    """A dictionary of these terms."""
    return Dictionary(source, target, tuple(GlossaryEntry(*pair) for pair in terms.items()))


@pytest.fixture
def store() -> GlossaryStore:
    """In memory, for four glossaries."""
    return GlossaryStore(limits=GlossaryLimits(max_glossaries=4, max_entries=3))


def test_a_glossary_is_found_again(store: GlossaryStore) -> None:
    """With its name, its dictionaries and their entries."""
    made = store.create("shop", [dictionary(refund="退款", order="订单"), dictionary("zh", "en", x="y")])
    assert store.get(made.id) == made
    assert store.all() == [made]
    assert made.dictionaries == (DictionaryInfo("en", "zh", 2), DictionaryInfo("zh", "en", 1))
    assert store.entries(made.id, "en", "zh") == (
        GlossaryEntry("order", "订单"),
        GlossaryEntry("refund", "退款"),
    )


def test_names_and_terms_are_data(store: GlossaryStore) -> None:
    """Nothing in them is read as SQL."""
    name = "'; DROP TABLE glossary; --"
    made = store.create(name, [Dictionary("en", "zh", (GlossaryEntry(name, name),))])
    assert store.get(made.id).name == name
    assert store.entries(made.id, "en", "zh") == (GlossaryEntry(name, name),)
    with pytest.raises(GlossaryNotFound):
        store.get("' OR 1 = 1 --")


def test_an_update_adds_and_a_replacement_does_not(store: GlossaryStore) -> None:
    """The same source term gives way in both."""
    made = store.create("shop", [dictionary(a="1", b="2")])
    updated = store.update(made.id, "new", [dictionary(b="3", c="4"), dictionary("zh", "en", x="y")])
    assert (updated.name, updated.created) == ("new", made.created)
    assert store.entries(made.id, "en", "zh") == dictionary(a="1", b="3", c="4").entries
    replaced = store.replace(made.id, dictionary(d="5"))
    assert replaced.dictionaries == (DictionaryInfo("en", "zh", 1), DictionaryInfo("zh", "en", 1))
    assert store.update(made.id, None, []).name == "new"


def test_what_is_deleted_is_gone(store: GlossaryStore) -> None:
    """A dictionary without its glossary, a glossary with all its dictionaries."""
    made = store.create("shop", [dictionary(a="1"), dictionary("zh", "en", x="y")])
    store.delete_dictionary(made.id, "en", "zh")
    assert store.get(made.id).dictionaries == (DictionaryInfo("zh", "en", 1),)
    with pytest.raises(GlossaryNotFound, match="dictionary"):
        store.entries(made.id, "en", "zh")
    store.delete(made.id)
    for lookup in (store.get, store.delete):
        with pytest.raises(GlossaryNotFound, match="glossary"):
            lookup(made.id)
    assert store.all() == []


def test_a_change_that_fails_leaves_everything_as_it_was(store: GlossaryStore) -> None:
    """The first of two dictionaries too."""
    made = store.create("shop", [dictionary(a="1", b="2")])
    with pytest.raises(GlossariesFull):
        store.update(made.id, "new", [dictionary("zh", "en", x="y"), dictionary(c="3", d="4")])
    assert store.get(made.id) == made


def test_no_more_glossaries_than_allowed(store: GlossaryStore) -> None:
    """Room is made by deleting."""
    made = [store.create(str(number), [dictionary(a="1")]) for number in range(4)]
    with pytest.raises(GlossariesFull):
        store.create("one more", [dictionary(a="1")])
    store.delete(made[0].id)
    store.create("one more", [dictionary(a="1")])


@pytest.mark.parametrize("is_file", [True, False])
def test_no_more_bytes_than_allowed(tmp_path: Path, is_file: bool) -> None:
    """Whatever the terms are; what was there stays whole, and its place is used again."""
    file = tmp_path / "glossaries.db"
    limits = GlossaryLimits(max_entries=500, max_bytes=200_000)
    store = GlossaryStore(file if is_file else None, limits)
    large = Dictionary("en", "zh", tuple(GlossaryEntry(f"{n}", "x" * 500) for n in range(100)))
    larger = Dictionary("en", "zh", tuple(GlossaryEntry(f"{n}", "x" * 500) for n in range(300)))
    for _ in range(3):
        made = [store.create("large", [large]) for _ in range(2)]
        with pytest.raises(GlossariesFull, match="200000 bytes"):
            store.create("many", [larger])
        assert len(store.all()) == 2
        assert not is_file or file.stat().st_size <= 200_000
        for one in made:
            store.delete(one.id)
    store.close()


def test_glossaries_survive_a_restart(tmp_path: Path) -> None:
    """Also where the process is killed without a word after its answer."""
    file = tmp_path / "glossaries.db"
    code = (
        "import os, sys; from pathlib import Path\n"
        "from service.glossaries.store import Dictionary, GlossaryStore\n"
        "from service.text.glossary import GlossaryEntry\n"
        "store = GlossaryStore(Path(sys.argv[1]))\n"
        "store.create('shop', [Dictionary('en', 'zh', (GlossaryEntry('a', 'b'),))])\n"
        "os._exit(9)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(file)], check=False, env=dict(os.environ))
    assert ended.returncode == 9
    store = GlossaryStore(file)
    (found,) = store.all()
    assert store.entries(found.id, "en", "zh") == (GlossaryEntry("a", "b"),)
    store.close()
    assert [one.name for one in tmp_path.iterdir()] == ["glossaries.db"]


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """No database, another's database, one of a later version, a folder that is not there."""
    text = tmp_path / "text"
    text.write_text("my diary, " * 1000)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE diary (day TEXT)")
    connection.close()
    later = tmp_path / "later.db"
    GlossaryStore(later).close()
    with sqlite3.connect(later) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = {file: file.read_bytes() for file in (text, other, later)}
    for file in (*before, tmp_path / "nowhere" / "glossaries.db", tmp_path):
        with pytest.raises(GlossaryFileUnusable, match=file.name):
            GlossaryStore(file)
    assert text.read_bytes() == before[text]


def test_threads_take_turns(store: GlossaryStore) -> None:
    """Every update is whole."""
    made = store.create("shop", [dictionary(a="0")])
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(lambda value: store.update(made.id, value, [dictionary(a=value)]), map(str, range(200)))
        )
    (entry,) = store.entries(made.id, "en", "zh")
    assert entry.target == store.get(made.id).name
