"""Every house rule over every notebook, every source, and the repository."""

import json

import pytest

from press.source import lessons, notebooks
from tests.conftest import ROOT
from tests.house import rules

BOOKS = {p.relative_to(ROOT).as_posix(): json.loads(p.read_text(encoding="utf-8"))
         for p in notebooks(ROOT)}
SOURCES = {x.source: x.text for x in lessons(ROOT)}


def complain(complaints):
    complaints = list(complaints)
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("rule", rules.NOTEBOOK)
def test_notebooks(rule):
    complain(c for name, book in BOOKS.items() for c in rules.NOTEBOOK[rule](book, name, ROOT))


@pytest.mark.parametrize("rule", rules.SOURCE)
def test_sources(rule):
    complain(c for name, text in SOURCES.items() for c in rules.SOURCE[rule](text, name))


@pytest.mark.parametrize("rule", rules.REPOSITORY)
def test_repository(rule):
    complain(rules.REPOSITORY[rule](ROOT))


def test_there_is_something_to_judge():
    assert BOOKS
    assert SOURCES
