"""Settings of a run: nonsense is refused by name, and the command line says what will be done."""

import shlex

import pytest

from icgan_demo.config import PUBLIC_LIMITS
from icgan_demo.errors import RequestError
from icgan_demo.service.training.train_request import TrainRequest, arguments, command_line


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("steps", 0, "Steps must be a whole number between 1"),
        ("steps", 2.5, "Steps"),
        ("steps", True, "Steps"),
        ("minutes", float("nan"), "Minutes"),
        ("minutes", -1, "Minutes"),
        ("batch_size", 1, "The batch size"),
        ("batch_size", 65, "The batch size"),
        ("learning_rate", 10, "The learning rate"),
        ("neighbours", 0, "Neighbours"),
        ("freeze", 9, "Frozen blocks"),
        ("augment", ("blur",), "Augmentation knows translation"),
        ("resolution", 100, "The resolution"),
        ("conditioning", "words", "The conditioning must be one of none, class"),
        ("held_out", 0.5, "The share held out must be"),
        ("held_out", float("nan"), "The share held out"),
        ("seed", -1, "The seed"),
        ("title", "  ", "title"),
        ("title", "x" * 81, "title"),
        ("title", "two\nlines", "title"),
        ("licence", "mine", "The licence"),
        ("base", "../../etc/passwd", "no base model of that name"),
        ("base", "--out", "no base model of that name"),
        ("base", "a b", "no base model of that name"),
    ],
)
def test_nonsense_is_refused_with_the_name_of_the_setting(field, value, sentence):
    with pytest.raises(RequestError, match=sentence):
        TrainRequest(**{field: value})


def test_a_public_page_has_stricter_limits():
    TrainRequest(steps=2000, minutes=20).check(PUBLIC_LIMITS)
    with pytest.raises(RequestError, match="Steps must be at most 2,000, got 2,001"):
        TrainRequest(steps=2001).check(PUBLIC_LIMITS)
    with pytest.raises(RequestError, match="Minutes must be at most 20, got 21"):
        TrainRequest(minutes=21).check(PUBLIC_LIMITS)


def test_a_title_cannot_become_an_option():
    words = arguments(TrainRequest(title="--out=/tmp/x"), "data", "run", name="mine")
    assert "--title=--out=/tmp/x" in words
    assert [word for word in words if word.startswith("--out=")] == ["--out=run"]


def test_what_is_left_to_the_trainer_is_not_said():
    words = arguments(TrainRequest(base="produce64"), "data", "run", name="mine")
    said = {word.partition("=")[0] for word in words}
    assert {"--base", "--steps", "--out"} <= said
    assert said.isdisjoint({"--neighbours", "--lr-generator", "--minutes", "--resolution", "--freeze", "--threads"})
    assert said.isdisjoint({"--conditioning", "--held-out"})
    assert "--held-out=0" in arguments(TrainRequest(held_out=0), "data", "run", name="mine")  # none is a choice, too
    assert "--conditioning=partition" in arguments(TrainRequest(conditioning="partition"), "data", "run", name="mine")
    assert "--resolution=32" in arguments(TrainRequest(resolution=32), "data", "run", name="mine")


def test_the_command_line_survives_a_shell():
    request = TrainRequest(title="Nana's otters; rm -rf", base="produce64", steps=7)
    words = shlex.split(command_line(request, "mine").replace("\\\n", " "))
    assert words[:2] == ["icgan-demo", "train"]
    assert words[words.index("--title") + 1] == request.title
    assert words[words.index("--steps") + 1] == "7"
