"""The questions' source of truth, what is made from it, the guesses, and the lessons' pattern."""

import re
import subprocess
import sys

import pytest

from dlroadmap import interview
from tests.conftest import ROOT

# Quiz and deck know the questions by these ids: add new ones, never change one.
IDS = {
    "g_optimisation": {
        "optimisation-losses": 14,
        "optimisation-minibatch": 11,
        "optimisation-momentum": 63,
        "optimisation-adam": 34,
        "optimisation-learning-rate": 54,
        "optimisation-batch-size": 76,
        "optimisation-saddle-points": 42,
        "optimisation-newton": 51,
        "optimisation-gradient-check": 88,
    },
}
CORE = {14, 11, 34}

GOOD = r"""
[[question]]
id = "demo-first"
number = 1
group = "a_demo"
level = "E"
core = true
en = "Why a | b?"
zh = "为什么？"
say30 = '''Because $\beta_1 \lt 1$.'''
say2m = '''
Long.

$$\theta \leftarrow \theta - \eta \nabla f$$
'''
followups = [{ ask = "And then?", answer = '''$\frac{1}{2}$''' }]
wrong = "No."
why_wrong = "Yes."
demo = "one line"
tags = ["demo"]
book = "百面机器学习 7.1"
lesson = "01_basics/04_gradients"
"""


def write(folder, text=GOOD, name="a_demo.toml"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def every_text(q):
    return [q.en, q.zh, q.say30, q.say2m, q.wrong, q.why_wrong, q.demo,
            *(t for f in q.followups for t in (f.ask, f.answer))]


# --- the source of truth ------------------------------------------------------------------


def test_the_ids_are_the_frozen_ones():
    found = {}
    for q in interview.questions():
        found.setdefault(q.group, {})[q.id] = q.number
    assert found == IDS, "an id or a number changed: decks would lose their review history"


def test_core_is_tagged():
    assert {q.number for q in interview.questions() if q.core} == CORE


@pytest.mark.parametrize("q", interview.questions(), ids=lambda q: q.id)
def test_a_question_can_be_spoken(q):
    assert 60 <= len(q.say30.split()) <= 95, "about 30 seconds"
    assert 200 <= len(q.say2m.split()) <= 290, "about two minutes"
    assert "$" in q.say2m, "the two-minute answer has a formula"
    assert 2 <= len(q.followups) <= 3
    assert q.en.endswith("?")
    assert q.zh.endswith("？")
    assert re.fullmatch(r"百面机器学习 \d+\.\d+(, \d+\.\d+)*", q.book)


@pytest.mark.parametrize("q", interview.questions(), ids=lambda q: q.id)
def test_the_maths_survives(q):
    """A plain TOML string turns \\beta into a backspace; GitHub eats \\, and \\! in formulas."""
    for text in every_text(q):
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", text)
        formulas = re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", text)
        for formula in (a or b for a, b in formulas):
            assert not re.search(r"\\[,;:!{}|\\]", formula), formula
            assert formula.count("{") == formula.count("}"), formula
            assert not re.search(r"(?<!\\)\b(frac|sqrt|beta|eta|kappa|epsilon)\b", formula), formula
        outside = re.sub(r"\$\$.+?\$\$|\$[^$\n]+\$", "", text, flags=re.S)
        assert "\\" not in outside, outside


def test_questions_of_one_group_in_the_order_of_the_file(tmp_path):
    write(tmp_path)
    write(tmp_path, GOOD.replace("a_demo", "b_demo").replace("demo-first", "demo-second")
          .replace("number = 1", "number = 2"), "b_demo.toml")
    assert [q.id for q in interview.questions(folder=tmp_path)] == ["demo-first", "demo-second"]
    assert [q.id for q in interview.questions("b_demo", tmp_path)] == ["demo-second"]
    with pytest.raises(ValueError, match=r"no group 'c_demo'; did you mean [ab]_demo"):
        interview.questions("c_demo", tmp_path)


def test_a_question_is_frozen_and_clean(tmp_path):
    (q,) = interview.questions(folder=write(tmp_path))
    assert q.say30 == r"Because $\beta_1 \lt 1$."
    assert q.say2m == "Long.\n\n" + r"$$\theta \leftarrow \theta - \eta \nabla f$$"
    assert q.followups == (interview.FollowUp("And then?", r"$\frac{1}{2}$"),)
    assert q.tags == ("demo",)
    with pytest.raises(AttributeError):
        q.id = "other"


@pytest.mark.parametrize(("old", "new", "message"), [
    ('zh = "为什么？"\n', "", "missing: zh"),
    ("number = 1", 'number = 1\nanswer = "x"', "unknown: answer"),
    ("number = 1", 'number = "1"', "number must be of type int"),
    ("number = 1", "number = true", "number must be of type int"),
    ("core = true", "core = 1", "core must be of type bool"),
    ('level = "E"', 'level = "X"', "unknown level 'X'; there are E, M, H"),
    ('group = "a_demo"', 'group = "b_demo"', "group is 'b_demo', but the file is a_demo.toml"),
    ('"demo-first"', '"Demo First"', "the id must be small letters"),
    ('wrong = "No."', 'wrong = " "', "wrong is empty"),
    ('"one line"', "'''one\ntwo'''", "demo must stand in one line"),
    ('["demo"]', '"demo"', "tags must be a list of words"),
    ('["demo"]', "[]", "tags must be a list of words"),
    ('["demo"]', "[1]", "tags must be a list of words"),
    ("followups = [{", 'followups = ["x", {', "needs ask and answer"),
    ('ask = "And then?", ', "", "needs ask and answer"),
    ("answer = '''$\\frac{1}{2}$'''", "answer = ''", "followups answer is empty"),
    (r"followups = [{ ask = ", "followups = []\n[[x]]\ny = [{ ask = ", "tables and nothing else"),
    ("'''Because $\\beta_1 \\lt 1$.'''", '"Because $\\beta_1$."', "control character"),
    ("$\\beta_1 \\lt 1$", "$\\beta_1 \\lt 1", r"say30: a \$ is not closed"),
    ("$\\beta_1 \\lt 1$", "$\\beta_1\n\\lt 1$", r"say30: a \$ is not closed"),
    ("01_basics/04_gradients", "gradients", "lesson must look like"),
    ("level = ", "level = = ", "Invalid value"),
])
def test_a_broken_question_is_refused(tmp_path, old, new, message):
    assert GOOD.count(old) == 1
    write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ValueError, match=message) as info:
        interview.questions(folder=tmp_path)
    assert "a_demo.toml" in str(info.value)
    whole_file = message in ("Invalid value", "tables and nothing else")
    assert whole_file or "demo-first" in str(info.value) or "Demo First" in str(info.value)


def test_a_question_without_id_is_named_by_its_place(tmp_path):
    write(tmp_path, GOOD + GOOD.replace('id = "demo-first"\n', ""))
    with pytest.raises(ValueError, match=r"a_demo\.toml, question number 2: missing: id"):
        interview.questions(folder=tmp_path)


@pytest.mark.parametrize(("change", "message"), [
    (lambda t: t, "demo-first: id is used twice"),
    (lambda t: t.replace("demo-first", "demo-second"), "demo-second: number 1 is used twice"),
])
def test_twice_is_refused_within_and_across_files(tmp_path, change, message):
    write(tmp_path, GOOD + change(GOOD))
    with pytest.raises(ValueError, match=message):
        interview.questions(folder=tmp_path)
    write(tmp_path)
    write(tmp_path, change(GOOD).replace("a_demo", "b_demo"), "b_demo.toml")
    with pytest.raises(ValueError, match=f"b_demo.toml, {message}.*a_demo.toml"):
        interview.questions(folder=tmp_path)


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a_demo\.toml"):
        interview.questions(folder=write(tmp_path, ""))


def test_an_unknown_id_gets_near_matches():
    with pytest.raises(ValueError, match="did you mean optimisation-momentum"):
        interview.question("optimisation-momentun")
    with pytest.raises(ValueError, match="there are: optimisation-losses"):
        interview.question("zzz")


def test_the_import_is_light():
    code = ("import sys, dlroadmap.interview; "
            "print([m for m in ('numpy', 'torch', 'pandas', 'matplotlib') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- guesses ------------------------------------------------------------------------------

ADAM = "optimisation-adam"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(interview, "_predictions", {})


def test_without_a_guess_nothing_is_in_the_way(capsys):
    interview.predict(ADAM, ["shorter", "longer", "equal"])
    said = capsys.readouterr().out
    assert said.splitlines()[:3] == ["  a) shorter", "  b) longer", "  c) equal"]
    assert 'write guess="a" (or b, c) in this cell' in said
    interview.outcome(ADAM, "b")
    assert capsys.readouterr().out == "No guess made; the run says: b) longer\n"


@pytest.mark.parametrize("guess", ["b", "B", " b "])
def test_a_right_guess(capsys, guess):
    interview.predict(ADAM, ["shorter", "longer"], guess)
    assert "Your guess: b" in capsys.readouterr().out
    interview.outcome(ADAM, right="b")
    assert capsys.readouterr().out == "You said b) longer: right.\n"


def test_a_wrong_guess(capsys):
    interview.predict(ADAM, {"a": "shorter", "b": "longer"}, guess="a")
    capsys.readouterr()
    interview.outcome(ADAM, "b")
    assert capsys.readouterr().out == ("You said a) shorter: not this time. "
                                       "The run says: b) longer\n")


def test_the_last_guess_counts(capsys):
    interview.predict(ADAM, ["shorter", "longer"], "a")
    interview.predict(ADAM, ["shorter", "longer"], "b")
    capsys.readouterr()
    interview.outcome(ADAM, "b")
    assert "right." in capsys.readouterr().out


def test_the_guess_of_a_part_is_kept_apart(capsys):
    interview.predict(ADAM, ["shorter", "longer"], "a")
    with pytest.raises(ValueError, match=rf"predicted for '{ADAM}', part 'trap': run its predict"):
        interview.outcome(ADAM, "b", part="trap")
    interview.predict(ADAM, ["none", "some", "all"], "c", part="trap")
    capsys.readouterr()
    interview.outcome(ADAM, "a")
    interview.outcome(ADAM, "c", part="trap")
    assert capsys.readouterr().out == ("You said a) shorter: right.\n"
                                       "You said c) all: right.\n")
    with pytest.raises(ValueError, match=r"none of a, b$"):
        interview.outcome(ADAM, "c")
    with pytest.raises(ValueError, match="did you mean optimisation-adam"):
        interview.outcome("optimisation-adams", "a", part="trap")


def test_a_guess_about_a_part_is_none_about_the_question():
    interview.predict(ADAM, ["shorter", "longer"], "a", part="trap")
    with pytest.raises(ValueError, match=rf"predicted for '{ADAM}': run its predict"):
        interview.outcome(ADAM, "a")


@pytest.mark.parametrize("guess", ["d", "", 1, "shorter"])
def test_a_letter_that_is_no_option(guess):
    with pytest.raises(ValueError, match="it can be one of a, b, or None"):
        interview.predict(ADAM, ["shorter", "longer"], guess)
    with pytest.raises(ValueError, match="run its predict"):
        interview.outcome(ADAM, "a")  # nothing was kept


def test_predict_and_outcome_know_the_questions():
    with pytest.raises(ValueError, match="did you mean optimisation-adam"):
        interview.predict("optimisation-adams", ["x", "y"])
    with pytest.raises(ValueError, match="did you mean optimisation-adam"):
        interview.outcome("optimisation-adams", "a")
    with pytest.raises(ValueError, match="at least two options"):
        interview.predict(ADAM, ["x"])
    interview.predict(ADAM, ["x", "y"])
    with pytest.raises(ValueError, match="the run says 'c', which is none of a, b"):
        interview.outcome(ADAM, "c")


# --- markdown -----------------------------------------------------------------------------


def test_ask_and_say(tmp_path):
    (q,) = interview.questions(folder=write(tmp_path))
    assert interview.ask_markdown(q).split("\n\n") == [
        "## Question 1 (E): Why a | b?", "**为什么？**",
        "百面机器学习 7.1 · one of the core 30 · taught in `01_basics/04_gradients`"]
    said = interview.say_markdown(q)
    # Markdown inside <details> is read only after a blank line.
    blocks = re.findall(r"^<details><summary>([^<]+)</summary>\n\n(.+?)\n\n</details>$", said,
                        re.M | re.S)
    assert [summary for summary, _ in blocks] == [
        "Say it in 30 seconds", "Say it in two minutes", "What many say, and why it is wrong",
        "Follow-up questions"]
    assert said.count("<details>") == said.count("</details>") == 4
    assert r"$$\theta \leftarrow \theta - \eta \nabla f$$" in said
    assert blocks[3][1] == "**And then?**\n\n" + r"$\frac{1}{2}$"


def test_index_is_a_table_with_one_row_a_question(tmp_path):
    rows = interview.index_markdown(interview.questions(folder=write(tmp_path))).splitlines()
    assert rows[2] == r"| 1 | E | core | Why a \| b? | 为什么？ | 百面机器学习 7.1 |"
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_expand(tmp_path):
    folder = write(tmp_path)
    (q,) = interview.questions(folder=folder)
    text = "Before.\n\n{{ask demo-first}}\n\nBetween $x_{{i}}$.\n{{say demo-first}}\n{{ index a_demo }}"
    assert interview.expand(text, folder) == (
        f"Before.\n\n{interview.ask_markdown(q)}\n\nBetween $x_{{{{i}}}}$.\n"
        f"{interview.say_markdown(q)}\n{interview.index_markdown([q])}")
    assert interview.expand("No directive, {{a}}.") == "No directive, {{a}}."


@pytest.mark.parametrize(("text", "message"), [
    ("{{ask demo-frist}}", "no question 'demo-frist'; did you mean demo-first"),
    ("{{say nothing-alike}}", "no question"),
    ("{{index a_dem}}", "no group 'a_dem'; did you mean a_demo"),
    ("{{aks demo-first}}", "unknown directive"),
    ("See {{ask demo-first}}.", "alone in its line"),
    ("{{ask demo-first}} {{say demo-first}}", "alone in its line"),
    ("{{ask}}", "alone in its line"),
])
def test_expand_refuses(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        interview.expand(text, write(tmp_path))


# --- the lessons keep the pattern ---------------------------------------------------------

GROUPS = sorted(IDS)


def cells(group):
    """(is markdown, text without the comment signs) of each cell of a group's lesson."""
    source = (ROOT / f"source/06_interview/{group}.py").read_text(encoding="utf-8")
    found = []
    for head, body in re.findall(r"^(# %%[^\n]*)\n(.*?)(?=^# %%|\Z)", source, re.M | re.S):
        markdown = "[markdown]" in head
        body = re.sub(r"^# ?", "", body, flags=re.M) if markdown else body
        found.append((markdown, body.strip()))
    return found


@pytest.mark.parametrize("group", GROUPS)
def test_a_lesson_asks_every_question_of_its_group_once(group):
    texts = [text for markdown, text in cells(group) if markdown]
    for what in ("ask", "say"):
        named = [m[1] for text in texts for m in re.finditer(rf"^\{{\{{{what} (.+)\}}\}}$", text, re.M)]
        assert named == list(IDS[group])
    assert sum(f"{{{{index {group}}}}}" in text for text in texts) == 1


@pytest.mark.parametrize(("group", "name"), [(g, q) for g in GROUPS for q in IDS[g]])
def test_a_question_is_asked_guessed_run_checked_and_said(group, name):
    """Ask, set the scene, predict, run, check with an assert, outcome, what to notice, say."""
    found = cells(group)
    start = found.index((True, f"{{{{ask {name}}}}}"))
    stop = found.index((True, f"{{{{say {name}}}}}"))
    scene, guess, *run, notice = found[start + 1:stop]
    assert scene[0]
    assert "**Predict.**" in scene[1]
    assert not guess[0]
    assert guess[1].startswith(f'predict("{name}", ')
    assert guess[1].rstrip(")").endswith("guess=None")
    assert notice[0]
    assert "**What to notice.**" in notice[1]
    code = [text for markdown, text in run if not markdown]
    checks = [text for text in code if f'outcome("{name}"' in text]
    assert len(checks) == 1, "one cell says the outcome"
    assert re.search(r"^ *assert .*outcome\(", checks[0], re.M | re.S), "assert first, then outcome"
    assert re.search(r"right=", checks[0])
    assert not re.search(r'right="[a-z]"\)', checks[0]), "the run computes the letter"
    assert any("plt.show()" in text for text in code), "there is something to see"
    before = code[:code.index(checks[0])]
    lines = [line for text in before if "plt.show()" not in text and "assert" not in text
             for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(lines) <= 30, f"the run has {len(lines)} lines"


@pytest.mark.parametrize("group", GROUPS)
def test_no_two_guesses_of_a_lesson_share_a_place(group):
    """Running an outcome cell again must not meet the guess of another predict cell."""
    for call in ("predict", "outcome"):
        places = []
        for _, text in cells(group):
            for name, rest in re.findall(rf'^{call}\("([\w-]+)"(.*?)\)$', text, re.M | re.S):
                part = re.search(r'\bpart="(\w+)"', rest)
                places.append((name, part and part[1]))
        assert len(places) == len(set(places)) >= len(IDS[group]), places
        if call == "predict":
            guessed = places
    assert places == guessed, "an outcome for every guess, in the same order"


@pytest.mark.parametrize("group", GROUPS)
def test_the_letters_that_a_lesson_names_are_options(group):
    for _, text in cells(group):
        for right in re.findall(r'right=(.+?)\)$', text, re.M):
            assert set(re.findall(r'"([a-z])"', right)) <= set("abc"), right


@pytest.mark.parametrize("group", GROUPS)
def test_a_lesson_expands_to_sound_markdown(group):
    for markdown, text in cells(group):
        if markdown:
            made = interview.expand(text)
            assert "{{ask" not in made
            assert made.count("<details>") == made.count("</details>")
            assert made.count("$") % 2 == 0
