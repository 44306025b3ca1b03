"""The figures of the digit generators, by the protocol of 2014, and the model folder that ships them.

    python -m benchmarks.digits MNIST RUNS/digits-judge.safetensors RUNS/digits-modern RUNS/digits-paper --write FOLDER

Trains the classifier that judges if its file is not there yet (a few minutes). Each run is one of
``icgan-demo train-digits``. The generators are measured as they are shipped, in float16.
"""

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.digit_judge import figures_of, train_judge
from icgan_demo.models.cgan.digit_classifier import DigitClassifier
from icgan_demo.training.digits.digit_data import DigitData, load_digits
from icgan_demo.training.digits.digit_run import TITLES, best_of_run
from icgan_demo.training.digits.digit_samples import share_right
from icgan_demo.weights.cards import Licence
from icgan_demo.weights.digit_cards import DigitNetwork, write_digit_model
from icgan_demo.weights.tensor_files import load_module, save_tensors

EPOCHS = 14
CARD = {
    "name": "cgan-mnist",
    "title": "Digits (conditional GAN, 2014, and a small modern one)",
    "description": "Conditional generative adversarial networks that draw a handwritten digit of the class asked for: "
    "the networks of Mirza and Osindero, Conditional Generative Adversarial Nets (2014), with their schedule, and "
    "small convolutional networks behind the same interface. A separately trained classifier judges both.",
    "data": "MNIST (LeCun, Cortes and Burges; CC BY-SA 3.0): the first 50,000 training pictures, in the order of our "
    "copy; the last 10,000 chose the stopping point and the bandwidth; the 10,000 test pictures were only scored.",
    "licence": Licence(
        "CC BY-SA 3.0",
        "https://creativecommons.org/licenses/by-sa/3.0/",
        "Synthetic digits, drawn by networks trained on MNIST (LeCun, Cortes and Burges; CC BY-SA 3.0): share them "
        "with this credit and under the same terms.",
    ),
    "class_names": tuple("0123456789"),
}


def main() -> None:
    """Measure every run that was named, print the figures, and write the model folder if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of MNIST's IDX files")
    parser.add_argument("judge", type=Path, help="the classifier's file, made if it is not there")
    parser.add_argument("runs", type=Path, nargs="+", help="folders of train-digits runs")
    parser.add_argument("--write", type=Path, help="model folder to write")
    arguments = parser.parse_args()
    data = load_digits(arguments.data)
    judge = judge_of(arguments.judge, data)
    accuracy = share_right(judge, data.test.pictures(), data.test.labels)
    print(f"the classifier reads {accuracy:.4f} of {len(data.test)} test pictures right")
    networks = {}
    for run in arguments.runs:
        generator, stored = best_of_run(run)
        generator.load_state_dict({key: value.half().to(value.dtype) for key, value in generator.state_dict().items()})
        start = time.perf_counter()
        figures: dict[str, Any] = asdict(figures_of(generator.eval(), judge, data))
        figures["seconds"] = round(time.perf_counter() - start, 1)
        config = stored["train"]
        print(json.dumps({"run": run.name, "network": config["network"], **figures, "run_state": stored}, indent=1))
        record = DigitNetwork(
            title=TITLES[config["network"]],
            width=config["width"] if config["network"] == "modern" else 0,
            settings=_settings(stored),
            figures=_for_card(figures, accuracy),
        )
        networks[config["network"]] = (generator, record)
    if arguments.write:
        write_digit_model(arguments.write, CARD, networks, judge)


def judge_of(path: Path, data: DigitData) -> DigitClassifier:
    """Return the classifier stored at ``path``, trained if there is none, with its values as float16 keeps them."""
    judge = DigitClassifier(data.classes)
    if path.exists():
        judge = load_module(judge, path, None)
    else:
        for judge, loss in train_judge(data.train, data.classes, EPOCHS):
            right = share_right(judge, data.validation.pictures(), data.validation.labels)
            print(f"classifier: loss {loss:.4f}, validation {right:.4f}", flush=True)
        save_tensors(judge.state_dict(), path)
    judge.load_state_dict({key: value.half().float() for key, value in judge.state_dict().items()})
    return judge.eval()


def _settings(stored: dict[str, Any]) -> dict[str, Any]:
    settings = {key: stored[key] for key in ("updates_trained", "best_update", "best_validation", "pictures")}
    modern_only = (
        "width",
        "settle",
        "bound_weight",
        "lr_generator",
        "lr_discriminator",
        "r1_gamma",
        "r1_every",
        "ema_decay",
    )
    is_paper = stored["train"]["network"] == "paper"
    return {key: value for key, value in stored["train"].items() if not (is_paper and key in modern_only)} | settings


def _for_card(figures: dict[str, Any], accuracy: float) -> dict[str, Any]:
    parzen = figures["parzen"]
    return {
        "parzen_nats": round(parzen["mean"], 2),
        "standard_error": round(parzen["standard_error"], 2),
        "sigma": round(parzen["sigma"], 4),
        "samples": parzen["samples"],
        "test_pictures": parzen["points"],
        "agreement": round(figures["agreement"], 4),
        "classifier_accuracy": round(accuracy, 4),
        "frechet_digit_classifier": round(figures["frechet"], 3),
    }


if __name__ == "__main__":
    main()
