"""Gradio writes no stub files for components while the page starts."""

import subprocess
import sys

import pytest

COMPONENT = "import gradio\n\n\nclass Loud(gradio.Textbox):\n    EVENTS = ['change']\n"


@pytest.mark.parametrize(("first", "stubs"), [("", ["loud.pyi"]), ("spare_stub_files()", [])])
def test_a_component_has_no_stub_file_once_they_are_spared(tmp_path, first, stubs):
    """The other case keeps the promise honest: without a word to Gradio, there is one."""
    (tmp_path / "loud.py").write_text(COMPONENT)
    code = f"from icgan_demo.ui.stub_files import spare_stub_files\n{first}\nimport sys\nsys.path.append(sys.argv[1])\n"
    subprocess.run([sys.executable, "-c", f"{code}import loud", str(tmp_path)], check=True)
    assert [path.name for path in tmp_path.glob("*.pyi")] == stubs
