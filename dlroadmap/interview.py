"""The interview questions: one source of truth, what is made from it, and the learner's guesses.

The questions stand in ``assets/questions/<group>.toml``, one ``[[question]]`` table each.
Lessons write ``{{ask id}}``, ``{{say id}}`` or ``{{index group}}`` alone in a line, and
``press`` replaces them with :func:`expand`. In the notebook, :func:`predict` keeps the
learner's guess and :func:`outcome` compares it with what the run says.
"""

import difflib
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

FOLDER = Path(__file__).parent / "assets" / "questions"
LEVELS = ("E", "M", "H")


@dataclass(frozen=True)
class FollowUp:
    """What an interviewer asks next, and the answer."""

    ask: str
    answer: str


@dataclass(frozen=True)
class Question:
    """One interview question.

    id : stable name ("optimisation-momentum"); quiz and deck know the question by it
    number : its rank by how many public question lists contain it (1 = most)
    group : name of the file it stands in ("g_optimisation")
    level : "E", "M" or "H"
    core : True for the core 30
    en, zh : the question
    say30, say2m : the answer in 30 seconds and in two minutes
    followups : tuple of FollowUp
    wrong, why_wrong : the common wrong answer
    demo : one line, what the cell shows
    tags : tuple of str
    book : "百面机器学习 7.6"
    lesson : the lesson that teaches it ("04_dl_theory/05_optimizers")
    """

    id: str
    number: int
    group: str
    level: str
    core: bool
    en: str
    zh: str
    say30: str
    say2m: str
    followups: tuple
    wrong: str
    why_wrong: str
    demo: str
    tags: tuple
    book: str
    lesson: str


_FIELDS = {f.name: f.type for f in fields(Question)}
_ONE_LINE = ("en", "zh", "demo", "book")


def questions(group=None, folder=None):
    """Read and check the questions.

    Parameters
    ----------
    group : str, optional
        "g_optimisation"; without it, all groups in the order of their names.
    folder : path, optional
        Where the files lie (default: inside this package).

    Returns
    -------
    list of Question
        In the order of the files.

    Raises
    ------
    ValueError
        Names the file and the question: something is missing, unknown, twice or not as it
        should be; or there is no such group.
    """
    files = {f.stem: f for f in sorted(Path(folder or FOLDER).glob("*.toml"))}
    if group is not None and group not in files:
        raise ValueError(f"there is no group {group!r}{_near(group, files)}")
    found, where = [], {}
    for file in files.values():
        for question in _read(file):
            for key in (question.id, question.number):
                if key in where:
                    what = "id" if key == question.id else f"number {key}"
                    raise ValueError(f"{file.name}, {question.id}: {what} is used twice "
                                     f"(also in {where[key]})")
                where[key] = file.name
            found.append(question)
    return [q for q in found if group in (None, q.group)]


def _read(file):
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # not TOML, not UTF-8
        raise ValueError(f"{file.name}: {error}") from error
    tables = content.pop("question", [])
    if content or not isinstance(tables, list) or not tables:
        raise ValueError(f"{file.name}: it holds [[question]] tables and nothing else")
    return [_question(table, number, file) for number, table in enumerate(tables, 1)]


def _question(table, position, file):
    """Check one table and make a Question of it."""
    name = table.get("id", f"question number {position}")

    def wrong(what):
        return ValueError(f"{file.name}, {name}: {what}")

    missing = [f for f in _FIELDS if f not in table]
    unknown = [f for f in table if f not in _FIELDS]
    if missing or unknown:
        raise wrong("; ".join(
            ([f"missing: {', '.join(missing)}"] if missing else [])
            + ([f"unknown: {', '.join(unknown)}"] if unknown else [])))
    values = {}
    for field, kind in _FIELDS.items():
        value = table[field]
        if field == "followups":
            value = _followups(value, wrong)
        elif field == "tags":
            if (not isinstance(value, list) or not value
                    or not all(isinstance(t, str) and t for t in value)):
                raise wrong("tags must be a list of words")
            value = tuple(value)
        elif type(value) is not kind:
            raise wrong(f"{field} must be of type {kind.__name__}, not {value!r}")
        elif kind is str:
            value = _text(value, field, wrong)
        values[field] = value
    question = Question(**values)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", question.id):
        raise wrong('the id must be small letters, digits and hyphens: "optimisation-momentum"')
    if question.level not in LEVELS:
        raise wrong(f"unknown level {question.level!r}; there are {', '.join(LEVELS)}")
    if question.group != file.stem:
        raise wrong(f"group is {question.group!r}, but the file is {file.name}")
    for field in _ONE_LINE:
        if "\n" in values[field]:
            raise wrong(f"{field} must stand in one line")
    if not re.fullmatch(r"\d\d_\w+/\w+", question.lesson):
        raise wrong(f"lesson must look like 04_dl_theory/05_optimizers, not {question.lesson!r}")
    return question


def _followups(value, wrong):
    if not isinstance(value, list) or not value:
        raise wrong("followups must be a list of {ask, answer}")
    pairs = []
    for pair in value:
        if (not isinstance(pair, dict) or set(pair) != {"ask", "answer"}
                or not all(isinstance(text, str) for text in pair.values())):
            raise wrong(f"each of followups needs ask and answer, both text, not {pair!r}")
        pairs.append(FollowUp(_text(pair["ask"], "followups ask", wrong),
                              _text(pair["answer"], "followups answer", wrong)))
    return tuple(pairs)


def _text(value, field, wrong):
    """The text without outer blanks; complains about what would not render."""
    text = value.strip()
    if not text:
        raise wrong(f"{field} is empty")
    if re.search(r"[\x00-\x09\x0b-\x1f]", text):
        # "\beta" in a plain TOML string is a backspace and "eta".
        raise wrong(f"{field} holds a control character: write formulas in ''' strings")
    inline = re.sub(r"\$\$.+?\$\$", "", text, flags=re.S)
    if inline.count("$") % 2 or any("\n" in part for part in inline.split("$")[1::2]):
        raise wrong(f"{field}: a $ is not closed in its line")
    return text


def _near(name, names):
    near = difflib.get_close_matches(str(name), list(names), 3, 0.5)
    return f"; did you mean {' or '.join(near)}?" if near else f"; there are: {', '.join(names)}"


def question(question_id, folder=None):
    """The question with this id; ValueError with near matches when there is none."""
    known = {q.id: q for q in questions(folder=folder)}
    if question_id not in known:
        raise ValueError(f"there is no question {question_id!r}{_near(question_id, known)}")
    return known[question_id]


# The learner's guesses ------------------------------------------------------------------

_predictions = {}  # (id, part) → ({letter: option}, guess or None)


def predict(question_id, options, guess=None, *, part=""):
    """Show what can be guessed, and keep the guess until :func:`outcome` compares it.

    Parameters
    ----------
    question_id : str
    options : list of str, or dict letter → str
        Short answers. A list is lettered a, b, c, …
    guess : str, optional
        One of the letters. Without a guess the notebook runs all the same.
    part : str, optional
        Keeps a second guess about the same question apart from the first ("trap").
        Give :func:`outcome` the same part.

    Raises
    ------
    ValueError
        No such question, fewer than two options, or a letter that is none of them.
    """
    question(question_id)
    if not isinstance(options, dict):
        options = dict(zip("abcdefghijklmnopqrstuvwxyz", list(options), strict=False))
    if len(options) < 2:
        raise ValueError("predict needs at least two options")
    letters = list(options)
    if guess is not None:
        letter = str(guess).strip().lower()
        if letter not in options:
            raise ValueError(f"guess is {guess!r}; it can be one of {', '.join(letters)}, "
                             "or None for no guess")
        guess = letter
    for letter, option in options.items():
        print(f"  {letter}) {option}")
    if guess is None:
        print(f'To guess, write guess="{letters[0]}" (or {", ".join(letters[1:])}) '
              "in this cell and run it again.")
    else:
        print(f"Your guess: {guess}. Now run the next cells.")
    _predictions[question_id, part] = (options, guess)


def outcome(question_id, right, *, part=""):
    """Compare the guess with ``right``, the letter that the run computed.

    Parameters
    ----------
    question_id : str
    right : str
        One of the letters of :func:`predict`.
    part : str, optional
        The part that :func:`predict` was given.

    Raises
    ------
    ValueError
        No prediction was asked for this question and part, or ``right`` is none of its letters.
    """
    if (question_id, part) not in _predictions:
        question(question_id)
        named = f"{question_id!r}, part {part!r}" if part else f"{question_id!r}"
        raise ValueError(f"nothing was predicted for {named}: run its predict(...) cell first")
    options, guess = _predictions[question_id, part]
    if right not in options:
        raise ValueError(f"the run says {right!r}, which is none of {', '.join(options)}")
    answer = f"{right}) {options[right]}"
    if guess is None:
        print(f"No guess made; the run says: {answer}")
    elif guess == right:
        print(f"You said {answer}: right.")
    else:
        print(f"You said {guess}) {options[guess]}: not this time. The run says: {answer}")


# Markdown made from the source of truth ---------------------------------------------------

def ask_markdown(q):
    """The heading of a question: number, level, English, Chinese, book, where it is taught."""
    core = "one of the core 30 · " if q.core else ""
    return (f"## Question {q.number} ({q.level}): {q.en}\n\n"
            f"**{q.zh}**\n\n"
            f"{q.book} · {core}taught in `{q.lesson}`")


def say_markdown(q):
    """The answers of a question, each folded away until the reader opens it."""
    followups = "\n\n".join(f"**{f.ask}**\n\n{f.answer}" for f in q.followups)
    return "\n\n".join([
        _folded("Say it in 30 seconds", q.say30),
        _folded("Say it in two minutes", q.say2m),
        _folded("What many say, and why it is wrong", f"“{q.wrong}”\n\n{q.why_wrong}"),
        _folded("Follow-up questions", followups),
    ])


def _folded(summary, text):
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def index_markdown(qs):
    """A table of questions: number, level, core, English, Chinese, book section."""
    lines = ["| # | level | core | question | 问题 | book |", "|---|---|---|---|---|---|"]
    for q in qs:
        cells = (str(q.number), q.level, "core" if q.core else "", q.en, q.zh, q.book)
        lines.append("| " + " | ".join(c.replace("|", r"\|") for c in cells) + " |")
    return "\n".join(lines)


_DIRECTIVE = re.compile(r"[ \t]*\{\{\s*(\w+)\s+([\w-]+)\s*\}\}[ \t]*")


def expand(text, folder=None):
    """Replace each directive in a cell's text: ``{{ask id}}``, ``{{say id}}``, ``{{index group}}``.

    A directive stands alone in its line. Text without directives comes back as it is.

    Raises
    ------
    ValueError
        Unknown directive, id or group (with near matches), or one inside a sentence.
    """
    lines = text.split("\n")
    for i, line in enumerate(lines):
        match = _DIRECTIVE.fullmatch(line)
        if match is None:
            if re.search(r"\{\{\s*(ask|say|index)\b", line):
                raise ValueError(f"a directive stands alone in its line: {line.strip()!r}")
            continue
        what, name = match.groups()
        if what == "ask":
            lines[i] = ask_markdown(question(name, folder))
        elif what == "say":
            lines[i] = say_markdown(question(name, folder))
        elif what == "index":
            lines[i] = index_markdown(questions(name, folder))
        else:
            raise ValueError(f"unknown directive {line.strip()!r}; there are ask, say and index")
    return "\n".join(lines)
