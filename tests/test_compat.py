import subprocess
import sys


def run(code):
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_the_package_does_not_import_torch():
    """The command line prints its help and the page opens before torch, whose import takes seconds."""
    run("import icgan_demo, sys; assert 'torch' not in sys.modules")


def test_torchvision_can_be_looked_for_and_imported_after_the_package():
    run("import icgan_demo, importlib.util as u; assert u.find_spec('torchvision'); import torchvision, timm")
