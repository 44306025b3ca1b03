"""Start here: opens the page.

``python app.py`` does, and so do ``make run``, ``icgan-demo serve``, ``python -m icgan_demo serve``, a Hugging Face
Space and the Docker image; see icgan_demo/server/.
"""

import sys

from icgan_demo.server.serve import main

if __name__ == "__main__":
    sys.exit(main())
