"""The process that stands in the place of a trainer: ``python -m icgan_demo.service.cluster.ray_trainer WORDS``."""

import os
import signal
import sys

from icgan_demo.service.cluster.ray_training import main

if __name__ == "__main__":
    code = main(sys.argv[1:])
    if code < 0:
        if code != -signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)
