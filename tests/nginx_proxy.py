"""A real nginx in front of pages of this machine."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from app_process import free_port

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
NEEDS_NGINX = pytest.mark.skipif(NGINX is None, reason="needs nginx: apt-get install nginx-light")

SETTINGS = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {http}
}}
"""


@contextmanager
def nginx(folder: Path, http: str) -> Iterator[str]:
    """Yield the address of an nginx that keeps its files in ``folder``.

    Args:
        http: what it shall do: the inside of ``http {}``, with ``LISTEN`` in the place of its address.
    """
    port = free_port()
    settings = folder / "nginx.conf"
    settings.write_text(SETTINGS.format(folder=folder, http=http.replace("LISTEN", f"127.0.0.1:{port}")))
    with subprocess.Popen([NGINX, "-p", str(folder), "-c", str(settings)]) as process:
        try:
            transport = httpx.HTTPTransport(retries=10)  # until it listens
            with httpx.Client(transport=transport) as client:
                assert client.get(f"http://127.0.0.1:{port}/healthz", timeout=60).status_code in (200, 404)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
