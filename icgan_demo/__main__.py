"""``python -m icgan_demo``."""

from icgan_demo.cli import main

if __name__ == "__main__":
    main()
