"""``icgan-demo``, which is also ``python -m icgan_demo``."""

import atexit
import gc

from icgan_demo.cli.main import main


def run() -> None:
    """Run the command line as a process of its own."""
    # The collections at exit walk through all of torch: over a second, which a container that stops may not grant.
    atexit.register(gc.freeze)
    main()


if __name__ == "__main__":
    run()
