"""``python tests/painted_page.py FOLDER``: a page that keeps its files there, as a process of its own, to be killed."""

import signal
import sys
from pathlib import Path

from fakes import PaintedSampling
from live_page import open_page
from training_services import open_training

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with open_training(folder) as training, open_page(PaintedSampling(), folder, training=training):
        signal.pause()
