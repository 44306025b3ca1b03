"""Spares Gradio its stub files, which cost a third of the time to the open page.

Gradio 6.31 parses the source of every component as it is imported, and that of a stub file beside it, to see whether
the stub, which only editors read, has to be written again. This module comes first and therefore imports no Gradio.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

COMPONENTS = "gradio.component_meta"
WRITER = "create_or_modify_pyi"


def spare_stub_files() -> None:
    """Have the next import of Gradio write no stub files; of an earlier one nothing is undone."""
    if "gradio" not in sys.modules:
        sys.meta_path.insert(0, _BeforeComponents())


class _BeforeComponents(MetaPathFinder):
    """Is asked first when a module is imported, and knows one, the definition of what a component is."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how the module is found otherwise, loaded with a writer that writes nothing."""
        if name != COMPONENTS:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_without_writer(module: ModuleType) -> None:
                execute(module)
                setattr(module, WRITER, lambda *_: None)

            spec.loader.exec_module = execute_without_writer  # type: ignore[method-assign]
        return spec
