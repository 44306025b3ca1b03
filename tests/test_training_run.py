"""From a folder of pictures to a model that draws, through the command line."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import CLASS_NAMES, write_tiny_model
from PIL import Image
from safetensors.torch import load_file, save_file
from tiny_training import write_pictures
from training_sets import class_zip

from icgan_demo.cli.main import main
from icgan_demo.inference.loading import load_model
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.layers import MOMENTUM
from icgan_demo.training.common.run_folder import read_status
from icgan_demo.training.instance_bank import choose_instances
from icgan_demo.training.plan import Order, resolve
from icgan_demo.training.run import refresh_statistics
from icgan_demo.training.run_reporter import locked
from icgan_demo.training.session import Session, read_lines
from icgan_demo.training.start import network_sizes
from icgan_demo.training.start import networks as networks_module
from icgan_demo.training.trainer import Trainer
from icgan_demo.weights.cards import inspect_model
from icgan_demo.weights.model_folder import load_generator

ROOT = Path(__file__).parents[1]
WORDS = ["--steps", "4", "--batch-size", "4", "--precision", "float32", "--threads", "1", "--metrics-every", "2"]


def run(*words: object) -> int:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)}
    threads = torch.get_num_threads()
    try:
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        return int(stopped.value.code or 0)
    finally:
        torch.set_num_threads(threads)
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.fixture(autouse=True)
def small_finish(monkeypatch, models_folder):
    """Draw fewer pictures for the statistics, and take the tiny model for the bundled one."""
    monkeypatch.setattr("icgan_demo.training.run.STATISTICS_BATCH", 8)
    monkeypatch.setattr(networks_module, "bundled_models_folder", lambda: models_folder)
    monkeypatch.setattr(networks_module, "model_folders", lambda: [models_folder])
    monkeypatch.setitem(network_sizes.GENERATOR_WIDTHS, 32, (8, 8, 8, 8))
    monkeypatch.setitem(network_sizes.DISCRIMINATOR_WIDTHS, 32, (8, 8, 8, 8))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "in")


def train(pictures: Path, out: Path, *words: object) -> int:
    return run("train", "--data", pictures, "--out", out, *WORDS, *words)


def test_a_folder_of_pictures_becomes_a_model_that_draws(pictures, tmp_path, capsys):
    encoder, out = tmp_path / "encoder", tmp_path / "run"
    words = ["--epochs", "1", "--batch-size", "4", "--view-side", "32", "--checkpoint-every", "1"]
    assert run("train-encoder", pictures, "--out", encoder, *words) == 0
    assert train(pictures, out, "--encoder", encoder, "--resolution", "32", "--name", "mine", "--licence", "CC0") == 0
    said = capsys.readouterr().out
    assert "The model is in" in said
    assert re.search(r"  (blue|red ) +generated +\d+% of 40 +photos +\d+% of 6", said)
    card = inspect_model(out / "model").card
    assert (card.name, card.licence.name, card.class_names) == ("mine", "CC0", ("blue", "red"))
    photo = next(pictures.rglob("*.png"))
    assert run("sample", photo, "--model", out, "--count", "2", "--label", "red", "--out", tmp_path / "drawn") == 0
    assert Image.open(tmp_path / "drawn" / "000.png").size == (32, 32)


def test_a_zip_is_trained_on_resumed_and_measured(tmp_path, models_folder, capsys):
    archive, out = class_zip(tmp_path / "photos.zip"), tmp_path / "run"
    assert train(archive, out, "--base", models_folder / "tiny") == 0
    assert json.loads((out / "run.json").read_text())["data"]["classes"] == [
        {"name": "heron", "count": 6},
        {"name": "otter", "count": 6},
    ]
    assert train(archive, out, "--base", models_folder / "tiny", "--steps", 5, "--resume") == 0
    assert run("evaluate", out, archive, "--samples", "16") == 0


def test_a_run_folder_says_all_about_itself(pictures, tmp_path, models_folder):
    out = tmp_path / "run"
    assert train(pictures, out, "--base", models_folder / "tiny") == 0
    record = json.loads((out / "run.json").read_text())
    assert record["data"]["pictures"] == 12
    card = json.loads((out / "model" / "card.json").read_text())
    assert card["data"] == "12 images in 2 classes, given by whoever trained it."
    assert card["learning"]["moments"] == [{"step": 0, "images": 0}, {"step": 4, "images": 16}]
    assert record["data"]["classes"] == [{"name": "blue", "count": 6}, {"name": "red", "count": 6}]
    assert record["base"]["name"] == "tiny"
    assert len(record["base"]["sha256"]) == 64
    assert {"settings", "versions", "started", "notes"} <= record.keys()
    assert record["settings"]["neighbours"] == 3
    status = read_status(out)
    assert (status.state, status.step, status.steps, status.message) == ("finished", 4, 4, "")
    assert [line["step"] for line in read_lines(out / "log.jsonl")] == [1, 2, 3, 4]
    assert [line["step"] for line in read_lines(out / "metrics.jsonl")] == [0, 2, 4]
    assert {path.name for path in (out / "sheets").iterdir()} == {
        *("real.png", "step_000000.png", "step_000004.png", "model.png")
    }
    counts = card["figures"]["by_class"]["classes"]["red"]
    assert (counts["drawn"], counts["photos"]) == (40, 6)
    assert card["figures"]["by_class"]["told"] is True
    assert load_model(str(out)).card.class_names == ("blue", "red")


def test_unlabelled_pictures_keep_the_classes_of_the_base(tmp_path, models_folder):
    pictures = write_pictures(tmp_path / "in", classes=())
    assert train(pictures, tmp_path / "run", "--base", models_folder / "tiny", "--metrics-every", 0) == 0
    assert inspect_model(tmp_path / "run" / "model").card.class_names == CLASS_NAMES


def test_a_base_without_classes_says_that_labels_are_not_used(pictures, tmp_path, models_folder):
    assert train(pictures, tmp_path / "run", "--base", models_folder / "plain", "--metrics-every", 0) == 0
    assert "has no classes" in " ".join(json.loads((tmp_path / "run" / "run.json").read_text())["notes"])
    assert inspect_model(tmp_path / "run" / "model").card.class_names == ()


def generator_alone(folder: Path) -> Path:
    write_tiny_model(folder)
    card = json.loads((folder / "card.json").read_text())
    card["discriminator"] = None
    del card["files"]["discriminator.safetensors"]
    (folder / "card.json").write_text(json.dumps(card))
    return folder


CONDITIONINGS = [
    ("none", 1, ()),
    ("class", 1, ("blue", "red")),
    ("partition", 3, ()),
    ("instance", 0, ()),
    ("instance-and-class", 0, ("blue", "red")),
]


@pytest.mark.parametrize(("conditioning", "clusters", "names"), CONDITIONINGS)
def test_what_a_model_is_told_is_a_setting_of_its_training(
    pictures, tmp_path, models_folder, conditioning, clusters, names
):
    """Each is trained, resumed, drawn with from a photo, and trained on, by the same commands."""
    out, words = tmp_path / "run", ["--resolution", "32", "--conditioning", conditioning, "--clusters", "3"]
    assert train(pictures, out, *words, "--steps", "3", "--mismatch", "0.4", "--batch-size", "8") == 0
    assert train(pictures, out, *words, "--steps", "4", "--mismatch", "0.4", "--batch-size", "8", "--resume") == 0
    card = inspect_model(out / "model").usable()
    assert (card.generator.conditioning, card.generator.clusters, card.class_names) == (conditioning, clusters, names)
    assert card.settings["conditioning"] == conditioning
    assert card.discriminator.conditioning == conditioning
    photos = sorted(pictures.rglob("*.png"))[:2]
    for place, photo in enumerate(photos):
        assert run("sample", photo, "--model", out, "--count", "2", "--out", tmp_path / f"drawn{place}") == 0
    model = load_model(str(out))
    seen, other = (model.encode([photo])[0] for photo in photos)
    assert not torch.equal(seen, other)
    same = all(
        one.tobytes() == two.tobytes()
        for one, two in zip(model.sample(seen, [1]), model.sample(other, [1]), strict=True)
    )
    assert same == (clusters == 1 or (clusters > 1 and len(set(cluster_of(out, torch.stack([seen, other])))) == 1))
    further = tmp_path / "further"
    assert train(pictures, further, "--base", out, "--mismatch", "0.4", "--batch-size", "8") == 0
    assert inspect_model(further / "model").usable().generator == card.generator


def cluster_of(run_folder: Path, features: torch.Tensor) -> list[int]:
    found = inspect_model(run_folder / "model")
    clusters = networks_module.clusters_of(load_generator(found.usable(), found.folder), features)
    assert clusters is not None
    return clusters.tolist()


def test_a_resumed_partition_is_that_of_an_uninterrupted_run(pictures, tmp_path, models_folder):
    words = ["--resolution", "32", "--conditioning", "partition", "--clusters", "3", "--metrics-every", 0]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert train(pictures, whole, *words) == 0
    assert train(pictures, parts, *words, "--steps", "2") == 0
    assert train(pictures, parts, *words, "--resume") == 0
    assert load_file(whole / "step_000004.safetensors").keys() == load_file(parts / "step_000004.safetensors").keys()
    for name, value in load_file(whole / "step_000004.safetensors").items():
        assert torch.equal(value, load_file(parts / "step_000004.safetensors")[name]), name


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--resolution", "32", "--conditioning", "class"], "Conditioning on a class needs classes."),
        (
            ["--resolution", "32", "--conditioning", "partition", "--clusters", "12"],
            "12 images can have fewer clusters",
        ),
        (["--conditioning", "none"], "was trained with the conditioning instance"),
        (["--conditioning", "words"], "conditioning must be"),
    ],
)
def test_a_conditioning_that_cannot_be_had_is_said_so(tmp_path, models_folder, capsys, words, sentence):
    pictures = write_pictures(tmp_path / "in", classes=())
    base = [] if "--resolution" in words else ["--base", models_folder / "plain"]
    assert train(pictures, tmp_path / "run", *base, *words) == 2
    assert sentence in capsys.readouterr().err


def test_a_generator_alone_gets_a_fresh_discriminator_that_learns_first(pictures, tmp_path):
    folder = generator_alone(tmp_path / "models" / "alone")
    assert train(pictures, tmp_path / "run", "--base", folder, "--discriminator-first", 2, "--metrics-every", 0) == 0
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert "a new one is trained first" in " ".join(record["notes"])
    assert (record["settings"]["discriminator_first"], record["settings"]["freeze"]) == (2, 0)


def test_a_dry_run_says_the_plan_and_trains_nothing(pictures, tmp_path, models_folder, capsys):
    first = next(pictures.rglob("*.png"))
    (first.parent / "again.png").write_bytes(first.read_bytes())
    (first.parent / "broken.png").write_bytes(b"not a picture")
    words = ["--base", models_folder / "tiny", "--dry-run"]
    assert train(pictures, tmp_path / "run", *words, "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["pictures"], plan["duplicates"], plan["steps"]) == (12, 1, 4)
    assert plan["skipped"][0][0].endswith("broken.png")
    assert min(plan[key] for key in ("seconds_per_step", "eta_s", "memory_mb", "checkpoint_mb")) > 0
    assert not (tmp_path / "run").exists()
    assert train(pictures, tmp_path / "run", *words) == 0
    assert "4 steps of 4 images" in capsys.readouterr().out


def test_a_run_goes_on_only_when_told_to(pictures, tmp_path, models_folder, capsys):
    words = ["--base", models_folder / "tiny", "--metrics-every", 0]
    assert train(pictures, tmp_path / "run", *words) == 0
    assert train(pictures, tmp_path / "run", *words) == 2
    assert "already holds a run" in capsys.readouterr().err
    assert run("train", "--data", pictures, "--out", tmp_path / "run", *words, "--steps", 6, "--resume") == 0
    assert read_status(tmp_path / "run").step == 6


@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        (["--seed", "5"], "seed was 0 when this run started and cannot become 5", 2),
        (["--base", "nothing"], "There is no model", 2),
        ([], "This run started from tiny", 2),
    ],
)
def test_a_resumed_run_keeps_its_settings(pictures, tmp_path, models_folder, capsys, words, sentence, code):
    base_words = ["--base", models_folder / "tiny", "--metrics-every", 0]
    assert train(pictures, tmp_path / "run", *base_words) == 0
    given = words if words[:1] in ([], ["--base"]) else [*base_words, *words]
    assert run("train", "--data", pictures, "--out", tmp_path / "run", *given, "--resume") == code
    assert sentence in capsys.readouterr().err


def renewed(folder: Path, *parts: str) -> None:
    """Change the weights of a model in place, as a newer version of it would."""
    card = json.loads((folder / "card.json").read_text())
    for part in parts:
        file = folder / f"{part}.safetensors"
        save_file(
            {name: value + 0.01 if value.is_floating_point() else value for name, value in load_file(file).items()},
            file,
        )
        card["files"][file.name]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "card.json").write_text(json.dumps(card))


def test_a_run_goes_on_to_the_same_end_after_its_base_has_been_replaced(pictures, tmp_path):
    base, words = tmp_path / "models" / "tiny", ["--metrics-every", 0, "--freeze", 1]
    write_tiny_model(base)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert train(pictures, whole, "--base", base, *words) == 0
    assert train(pictures, parts, "--base", base, *words, "--steps", 2) == 0
    renewed(base, "generator", "discriminator")
    assert train(pictures, parts, "--base", base, *words, "--resume") == 0
    expected, found = (load_file(out / "step_000004.safetensors") for out in (whole, parts))
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []


def test_a_run_does_not_go_on_where_its_base_sees_photos_differently(pictures, tmp_path, capsys):
    base = tmp_path / "models" / "tiny"
    write_tiny_model(base)
    assert train(pictures, tmp_path / "run", "--base", base, "--metrics-every", 0) == 0
    renewed(base, "generator", "encoder")
    assert train(pictures, tmp_path / "run", "--base", base, "--metrics-every", 0, "--steps", 6, "--resume") == 2
    assert "tiny, which this run started from, has been replaced" in capsys.readouterr().err


def test_lost_pictures_are_made_up_for_and_changed_ones_are_named(tmp_path, models_folder, capsys):
    pictures, words = write_pictures(tmp_path / "in", 14), ["--base", models_folder / "tiny", "--metrics-every", 0]
    assert train(pictures, tmp_path / "run", *words) == 0
    files = sorted(pictures.rglob("*.png"))
    kept = {path: path.read_bytes() for path in files}
    files[0].unlink()
    resume = ["train", "--data", pictures, "--out", tmp_path / "run", *words, "--resume", "--steps"]
    assert run(*resume, 5) == 0
    files[1].write_bytes(kept[files[0]])
    capsys.readouterr()
    assert run(*resume, 6) == 1
    assert "Of the 14 images of this run, 1 missing, 1 changed" in capsys.readouterr().err
    assert read_status(tmp_path / "run").state == "failed"
    for path in files[:6]:
        path.unlink(missing_ok=True)
    assert run(*resume, 6) == 1
    for path, content in kept.items():
        path.write_bytes(content)
    assert run(*resume, 6) == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--steps", "0"], "steps must be at least 1, got 0"),
        (["--loss", "wgan"], 'loss must be "logistic" or "hinge"'),
        (["--resolution", "48"], "The resolution must be 32, 64, 128 or 256, got 48"),
        (["--augment", "blur"], "augment knows translation, cutout, color and light"),
        (["--device", "abacus"], "The device must be cpu or cuda"),
        (["--name", "../up"], "The name may hold letters"),
        (["--lr-generator", "nan"], "learning rates must be between 0 and 1"),
    ],
)
def test_wrong_values_are_one_line_and_exit_code_2(pictures, tmp_path, capsys, words, sentence):
    assert run("train", "--data", pictures, "--out", tmp_path / "run", *words) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.strip().splitlines()) == 1


def test_another_resolution_than_the_base_is_refused(pictures, tmp_path, models_folder, capsys):
    assert train(pictures, tmp_path / "run", "--base", models_folder / "tiny", "--resolution", 128) == 2
    assert "generates at 32 px" in capsys.readouterr().err
    assert train(pictures, tmp_path / "other", "--base", models_folder / "tiny", "--resolution", 64) == 2
    assert "32 px cannot be grown" in capsys.readouterr().err


def test_a_run_that_grows_its_base_has_the_settings_of_a_long_one(pictures):
    produce = inspect_model(ROOT / "weights" / "produce64")
    same, grown = (resolve({}, Order(pictures, produce, resolution=side), 40) for side in (64, 128))
    assert (same.freeze, same.steps, same.batch_size) == (1, 500, 16)
    assert (grown.freeze, grown.steps, grown.batch_size) == (0, 4000, 64)


def test_a_folder_without_an_encoder_is_said_so(pictures, tmp_path, capsys):
    assert train(pictures, tmp_path / "run", "--encoder", pictures, "--resolution", 32) == 1
    assert "holds no complete checkpoint" in capsys.readouterr().err


def test_too_few_pictures_are_counted(tmp_path, models_folder, capsys):
    pictures = write_pictures(tmp_path / "in", 4)
    first = next(pictures.rglob("*.png"))
    (first.parent / "again.png").write_bytes(first.read_bytes())
    assert train(pictures, tmp_path / "run", "--base", models_folder / "tiny") == 1
    sentence = "Need at least 10 different images; found 4 (1 duplicates, 0 unusable)."
    assert sentence in capsys.readouterr().err
    assert read_status(tmp_path / "run").message.startswith(sentence)


def test_a_second_trainer_is_refused_and_the_first_keeps_its_status(pictures, tmp_path, models_folder, capsys):
    out = tmp_path / "run"
    with locked(out):
        assert train(pictures, out, "--base", models_folder / "tiny") == 1
    assert "Another training is running" in capsys.readouterr().err
    assert not (out / "status.json").exists()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "Out of memory. Start again with a smaller batch"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"), "Out of memory"),
        (MemoryError(), "Out of memory"),
        (OSError(28, "No space left on device"), "The disk is full"),
        (ValueError("a bug with a /path"), "The training failed unexpectedly"),
    ],
)
def test_what_ends_a_run_is_one_sentence(pictures, tmp_path, models_folder, monkeypatch, capsys, error, sentence):
    def update(trainer):
        raise error

    monkeypatch.setattr("icgan_demo.training.trainer.Trainer.update", update)
    assert train(pictures, tmp_path / "run", "--base", models_folder / "tiny", "--metrics-every", 0) == 1
    assert capsys.readouterr().err.startswith(f"Error: {sentence}")
    status = read_status(tmp_path / "run")
    assert status.state == "failed"
    assert status.message.startswith(sentence)


def test_a_model_is_measured_on_any_folder(pictures, tmp_path, models_folder, capsys):
    words = [models_folder / "tiny", pictures, "--samples", "32", "--out", tmp_path / "sheets"]
    assert run("evaluate", *words) == 0
    text = capsys.readouterr().out
    assert "FD (encoder)" in text
    assert "32 samples against 12 photos" in text
    figures = json.loads((tmp_path / "sheets" / "evaluation.json").read_text())
    assert figures["encoder"] == "tiny"
    assert {path.name for path in (tmp_path / "sheets").iterdir()} == {"drawn.png", "real.png", "evaluation.json"}
    assert run("evaluate", *words[:2], "--samples", "32", "--json") == 0
    assert json.loads(capsys.readouterr().out) == figures


def start(pictures: Path, out: Path, base_model: Path, *words: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "icgan_demo", "train", "--data", pictures, "--base", base_model, "--out", out]
    options = ["--batch-size", 4, "--precision", "float32", "--threads", 1, "--metrics-every", 0]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    words = [str(word) for word in (*command, *options, *words)]
    return subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def wait_until(condition, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def has_steps(out: Path, count: int) -> bool:
    return len(read_lines(out / "log.jsonl")) >= count


def test_networks_as_published_keep_their_loss_and_have_no_penalty(models_folder, tmp_path):
    published = inspect_model(models_folder / "tiny")
    assert published.card.discriminator.spectral_norm
    config = resolve({}, Order(tmp_path, published), 12)
    assert (config.loss, config.r1_gamma) == ("hinge", 0.0)
    own = replace(published.card, discriminator=replace(published.card.discriminator, spectral_norm=False))
    config = resolve({}, Order(tmp_path, replace(published, card=own)), 12)
    assert (config.loss, config.r1_gamma) == ("logistic", 0.5)
    assert resolve({"loss": "hinge"}, Order(tmp_path), 12).r1_gamma == 0.0
    assert resolve({"loss": "hinge", "r1_gamma": 1.0}, Order(tmp_path), 12).r1_gamma == 1.0


def test_a_dry_run_times_both_networks(pictures, tmp_path, monkeypatch, capsys):
    folder, alone = generator_alone(tmp_path / "models" / "alone"), []
    monkeypatch.setattr(Trainer, "update", lambda trainer: alone.append(trainer.train.discriminator_first))
    assert train(pictures, tmp_path / "run", "--base", folder, "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["settings"]["discriminator_first"] == 100
    assert alone == [0] * 4


def test_a_state_written_at_every_step_changes_nothing_of_the_run(pictures, tmp_path, models_folder, monkeypatch):
    """The model is written before every update and within every evaluation; what is learned stays bit for bit."""
    words = ["--base", models_folder / "tiny"]
    assert train(pictures, tmp_path / "alone", *words) == 0
    written = []

    def answer(session):
        session._keep_present()
        written.append(json.loads((session.folder / "present" / "card.json").read_text())["name"])

    monkeypatch.setattr(Session, "_answer", answer)
    assert train(pictures, tmp_path / "asked", *words) == 0
    assert {f"asked-step-{step}" for step in range(4)} <= set(written)
    assert len(written) > 8  # some of them within an evaluation
    assert not (tmp_path / "asked" / "present").exists()  # the finished model takes its place
    speedless = [
        [{key: value for key, value in line.items() if key != "images_per_s"} for line in read_lines(out / "log.jsonl")]
        for out in (tmp_path / "alone", tmp_path / "asked")
    ]
    assert speedless[0] == speedless[1]
    alone, asked = (load_file(tmp_path / out / "step_000004.safetensors") for out in ("alone", "asked"))
    assert alone.keys() == asked.keys()
    assert [name for name in alone if not torch.equal(alone[name], asked[name])] == []


# --- real processes and signals ---


def test_a_photo_is_drawn_by_a_run_that_learns_on(pictures, tmp_path, models_folder, capsys):
    out, photo = tmp_path / "run", next(pictures.rglob("*.png"))
    assert run("sample", photo, "--model", out) == 2
    process = start(pictures, out, models_folder / "tiny", "--steps", 100_000)
    wait_until(lambda: has_steps(out, 3))
    before = read_status(out).step
    drawn = tmp_path / "drawn"
    assert run("sample", photo, "--model", out, "--count", 2, "--out", drawn) == 0
    recipe = json.loads((drawn / "recipe.json").read_text())
    step = int(recipe["model"]["name"].removeprefix("run-step-"))
    assert step >= before
    assert f"The run is at step {step}." in capsys.readouterr().err
    wait_until(lambda: has_steps(out, step + 2))  # it continues
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    left = read_status(out).step
    assert run("sample", photo, "--model", out, "--count", 2, "--out", drawn) == 0  # as it was left
    assert f"The run is at step {left}." in capsys.readouterr().err


def test_a_running_process_is_stopped_resumed_and_finished_by_signals(pictures, tmp_path, models_folder):
    out = tmp_path / "run"
    process = start(pictures, out, models_folder / "tiny", "--steps", 100_000)
    wait_until(lambda: has_steps(out, 3))
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    assert time.monotonic() - asked < 60
    stopped = read_status(out)
    assert stopped.state == "stopped"
    assert (out / f"step_{stopped.step:06d}.json").exists()
    process = start(pictures, out, models_folder / "tiny", "--steps", 100_000, "--resume")
    wait_until(lambda: has_steps(out, stopped.step + 2))
    process.send_signal(signal.SIGUSR1)
    assert process.wait(timeout=180) == 0
    assert read_status(out).state == "finished"
    assert load_model(str(out)).card.settings["steps_trained"] > stopped.step


def test_bank_rows_are_different_real_pictures_from_every_cluster():
    source = torch.Generator().manual_seed(0)
    centres = torch.nn.functional.normalize(torch.randn(5, 8, generator=source), dim=1)
    features = torch.nn.functional.normalize(
        centres.repeat_interleave(40, 0) + 0.05 * torch.randn(200, 8, generator=source), dim=1
    )
    rows = choose_instances(features, 5)
    assert sorted((rows // 40).tolist()) == [0, 1, 2, 3, 4]


def test_refreshed_statistics_are_those_of_all_images_alike_whatever_stood_there(monkeypatch):
    monkeypatch.setattr("icgan_demo.training.run.STATISTICS_BATCH", 64)
    torch.manual_seed(0)
    config, _ = network_sizes.small_networks(32, 6, 3)
    generator = BigGanGenerator(config)
    first = generator.blocks[0][0].bn1
    features = torch.nn.functional.normalize(torch.randn(20, 6), dim=1)
    seen, hook = [], first.register_forward_pre_hook(lambda _norm, given: seen.append(given[0]))
    for stood in (0.0, 100.0):
        first.stored_mean.fill_(stood)
        refresh_statistics(generator, features, torch.arange(20) % 3, pictures=120)
        assert [len(batch) for batch in seen] == [40, 40, 40]
        assert torch.allclose(first.stored_mean, torch.cat(seen).mean((0, 2, 3)), atol=1e-5)
        seen.clear()
    hook.remove()
    assert first.momentum == MOMENTUM
    assert not generator.training


def test_pictures_held_out_are_named_and_never_in_what_is_learned_from(tmp_path, models_folder):
    pictures, out = write_pictures(tmp_path / "in", 40), tmp_path / "run"
    words = ["--base", models_folder / "tiny", "--held-out", "0.2"]
    assert train(pictures, out, *words, "--steps", 2, "--include-self") == 0
    record = json.loads((out / "run.json").read_text())
    assert len(record["held_out"]) == 8
    assert record["data"]["pictures"] == 40
    assert json.loads((out / "model" / "card.json").read_text())["settings"]["pictures"] == 32
    assert "held_out_similarity" in read_lines(out / "metrics.jsonl")[-1]
    assert train(pictures, out, *words, "--resume") == 0
    assert read_lines(out / "log.jsonl")[-1]["step"] == 4
