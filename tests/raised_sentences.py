"""Collects from the package's source what its errors can say, as templates with ``{}`` where a value stands."""

import ast
import itertools
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "icgan_demo"
VALUE = "{}"
MOST_FORMS = 64
"""Of one sentence; a sentence with more has too many parts to be translated whole."""


class Module:
    """One file of the package: its constants, functions and what it imports."""

    def __init__(self, path: Path) -> None:
        self.name = str(path.relative_to(PACKAGE))
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.constants: dict[str, ast.expr] = {}
        self.functions: dict[str, ast.FunctionDef] = {}
        self.imports: dict[str, str] = {}
        for node in self.tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)]):
                    self.constants[name] = node.value
                case ast.FunctionDef():
                    self.functions[node.name] = node
                case ast.ImportFrom(module=str(source)) if source.startswith("icgan_demo."):
                    self.imports.update({alias.asname or alias.name: source for alias in node.names})

    @cached_property
    def calls(self) -> list[tuple[ast.Call, ast.AST]]:
        """Each call with the function around it."""
        found = []

        def look(node: ast.AST, around: ast.AST) -> None:
            for child in ast.iter_child_nodes(node):
                inner = child if isinstance(child, ast.FunctionDef) else around
                if isinstance(child, ast.Call):
                    found.append((child, inner))
                look(child, inner)

        look(self.tree, self.tree)
        return found


MODULES = {module.name: module for module in map(Module, sorted(PACKAGE.rglob("*.py")))}


def errors() -> set[str]:
    """Return the names of ``DemoError`` and all that descend from it."""
    known, before = {"DemoError"}, 0
    while len(known) > before:
        before = len(known)
        for module in MODULES.values():
            for node in ast.walk(module.tree):
                if (
                    isinstance(node, ast.ClassDef)
                    and {base.id for base in node.bases if isinstance(base, ast.Name)} & known
                ):
                    known.add(node.name)
    return known


def raised() -> Iterator[tuple[str, str]]:
    """Yield the file and the template of each sentence that an error, also one of a kind given, can be made with."""
    names = errors() | {"error_type"}
    for module in MODULES.values():
        for call, around in module.calls:
            if isinstance(call.func, ast.Name) and call.func.id in names and call.args:
                yield from ((module.name, form) for form in sorted(forms(call.args[0], module, around)))


def forms(said: ast.expr | None, module: Module, around: ast.AST) -> set[str]:
    """Return what an expression can say; nothing for one that quotes an error or is said in the visitor's language."""
    match said:
        case None | ast.Constant(value=None):
            return set()
        case ast.Constant(value=value):
            return {str(value)}
        case ast.JoinedStr(values=parts):
            return _joined([_part(part, module, around) for part in parts])
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return _joined([forms(left, module, around) or {VALUE}, forms(right, module, around) or {VALUE}])
        case ast.IfExp(body=first, orelse=second) | ast.BoolOp(values=[first, second]):
            return forms(first, module, around) | forms(second, module, around)
        case ast.Name(id=name):
            return _named(name, module, around)
        case ast.Call(func=ast.Attribute(value=template, attr="format")):
            return {re.sub(r"\{[^}]*\}", VALUE, form) for form in forms(template, module, around)}
        case ast.Call(func=ast.Name(id="str")):
            return set()
        case ast.Call(func=ast.Name(id="say")):
            return set()
        case ast.Call(func=ast.Name(id=name)) if found := _function(name, module):
            of, function = found
            returned = (node.value for node in ast.walk(function) if isinstance(node, ast.Return))
            return set().union(*(forms(each, of, function) for each in returned))
    return {f"?{ast.unparse(said)}"}


def _part(part: ast.expr, module: Module, around: ast.AST) -> set[str]:
    """Return what a part of a sentence can be: of a value, the words that are put together just before, if any."""
    if isinstance(part, ast.FormattedValue):
        if isinstance(part.value, ast.Name) and part.value.id.lstrip("_").isupper():
            of, value = _constant(part.value.id, module)
            if isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str)):
                return forms(value, of, of.tree)
        elif isinstance(part.value, ast.Name) and part.conversion == -1 and part.format_spec is None:
            said = _named(part.value.id, module, around)
            if any(re.search(r"[a-z] ?", form) for form in said) and not any(form.startswith("?") for form in said):
                return said
        return {VALUE}
    return {str(part.value)}


def _joined(parts: list[set[str]]) -> set[str]:
    return {"".join(each) for each in itertools.islice(itertools.product(*map(sorted, parts)), MOST_FORMS)}


def _constant(name: str, module: Module) -> tuple[Module, ast.expr | None]:
    source = None if name in module.constants else _source(name, module)
    return _constant(name, source) if source else (module, module.constants.get(name))


def _function(name: str, module: Module) -> tuple[Module, ast.FunctionDef] | None:
    if name in module.functions:
        return module, module.functions[name]
    source = _source(name, module)
    return _function(name, source) if source else None


def _source(name: str, module: Module) -> Module | None:
    path = module.imports.get(name, "").removeprefix("icgan_demo.").replace(".", "/")
    return MODULES.get(f"{path}.py") or MODULES.get(f"{path}/__init__.py")


def _named(name: str, module: Module, around: ast.AST) -> set[str]:
    if name.lstrip("_").isupper():
        of, value = _constant(name, module)
        assert value is not None, f"{module.name}: {name}"
        return forms(value, of, of.tree)
    given = [
        node.value
        for node in ast.walk(around)
        if (
            isinstance(node, ast.Assign)
            and any(isinstance(each, ast.Name) and each.id == name for each in node.targets)
        )
        or (isinstance(node, ast.NamedExpr) and node.target.id == name)
    ]
    return set().union(*(forms(each, module, around) for each in given)) if given else {f"?{name}"}
