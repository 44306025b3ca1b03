"""Network snapshots of the StyleGAN2 backbone: pickles that hold their own source, read without running any of it.

Opened in the usual way, such a file compiles the source text it carries. Here every name that a pickle asks for gets an
inert stand-in of its own for each file, and any other name is refused. Of what is then in memory, only the tensors
of the averaged generator and the numbers its constructor was given are looked at.
Source: the layout of the official snapshots, described in the facts beside each function.
"""

import io
import math
import pickletools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import torch
from torch import Tensor

from icgan_demo.config import StyleGan2Config
from icgan_demo.errors import WeightsError
from icgan_demo.models.generators import unfilled_generator
from icgan_demo.models.stylegan2_generator import FIR
from icgan_demo.weights.published.inert_pickle import InertUnpickler, RefusedError
from icgan_demo.weights.torch_files import exactly, shapes_of, shown

SNAPSHOT = "best-network-snapshot.pkl"
"""Name of the file in a published archive."""
GENERATOR = "G_ema"
"""The averaged generator among the networks of a snapshot."""

MAX_OPCODES = 1_000_000
"""Steps of one pickle; a published one has about 30,000."""
MAX_MODULES = 500
"""Modules of one generator, at any depth."""
MAX_DEPTH = 10
FILTER = "resample_filter"
"""A constant that every layer stores beside its weights."""

_OPCODES = re.compile(
    "PROTO|FRAME|STOP|MARK|NONE|NEWTRUE|NEWFALSE|BININT[12]?|LONG1|BINFLOAT|(SHORT_)?BINUNICODE|(SHORT_)?BINBYTES|"
    "BINBYTES8|MEMOIZE|(LONG_)?BIN(PUT|GET)|EMPTY_(DICT|LIST|TUPLE|SET)|SETITEMS?|APPENDS?|ADDITEMS|TUPLE[123]?|"
    "(STACK_)?GLOBAL|REDUCE|NEWOBJ|BUILD|BINPERSID"
)
"""Names of the steps that snapshots consist of."""
_TORCH_MAGIC = 0x1950A86A20F9469CFC6C
_TORCH_PROTOCOL = 1001


def read_snapshot(stream: BinaryIO, name: str, size: int) -> tuple[StyleGan2Config, dict[str, Tensor]]:
    """Return the settings and tensors of the averaged generator in a snapshot, exactly those of our network.

    Args:
        stream: at its beginning.
        name: what messages call the file.
        size: bytes in it; no more are read.
    Raises:
        WeightsError: that says what is missing, damaged, unsafe, unknown or of the wrong shape.
    """
    content = stream.read(size)
    if content[:1] != b"\x80":
        raise WeightsError(f"{name} is not a network snapshot (.pkl). Download it again.")
    try:
        top = _read_pickle(io.BytesIO(content), _stand_ins())
        generator = top.get(GENERATOR) if isinstance(top, dict) else None
        if not isinstance(generator, _Module):
            raise RefusedError(f"holds no generator named {GENERATOR}")
        tensors = dict(_tensors_of(generator, size))
        config = _config_of(generator, tensors)
        _drop_filters(tensors)
        shapes = shapes_of(unfilled_generator(config))
    except RefusedError as refusal:
        raise WeightsError(f"{name} {refusal}.") from None
    except MemoryError:
        raise
    except Exception as error:  # a damaged pickle raises nearly anything
        raise WeightsError(f"{name} is incomplete or damaged. Download it again.") from error
    return config, exactly(tensors, shapes, name)


class _Module(NamedTuple):
    """A network module as its file describes it."""

    kind: str
    state: Mapping[str, Any]


class _Storage(NamedTuple):
    """Numbers as ``torch.save`` wrote them, not looked at yet."""

    content: bytes


class _View(NamedTuple):
    """A tensor: where its numbers lie in a storage."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Scalar:
    """Stands for a numpy number or its type; no number of that kind is needed."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        """Take no notice of how the type is described."""


def _read_pickle(stream: io.BytesIO, known: Mapping[tuple[str, str], Any]) -> Any:
    """Return what the next pickle of ``stream`` describes, after its steps have been looked through.

    The look-through keeps away every step that no snapshot has and bounds their number and that of remembered objects.
    """
    start = stream.tell()
    for number, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
        if not _OPCODES.fullmatch(opcode.name):
            raise RefusedError(f"contains a step that no network snapshot has ({opcode.name}) and was not loaded")
        if number > MAX_OPCODES or (opcode.name == "LONG_BINPUT" and int(argument or 0) > MAX_OPCODES):
            raise RefusedError("is longer than any network snapshot and was not loaded")
    end = stream.tell()
    stream.seek(start)
    value = InertUnpickler(stream, known).load()
    stream.seek(end)
    return value


def _stand_ins() -> dict[tuple[str, str], Any]:
    """Return an inert stand-in for each name that a snapshot asks for, as numpy 1 and 2 and both protocols spell it.

    ``dict`` and ``set`` are the interpreter's own, which no step of a pickle can alter.
    """

    def module(parts: Any) -> _Module:
        if not isinstance(parts, dict) or parts.get("type") != "class":
            raise RefusedError("holds an object that is not a network module")
        kind, state = parts.get("class_name"), parts.get("state")
        if not isinstance(kind, str) or not isinstance(state, dict):
            raise RefusedError("holds a network module without a state")
        return _Module(kind, state)  # its source text, in ``module_src``, is dropped here

    def parameter(data: Any, *_: Any) -> Any:
        return data

    def tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _View:
        if not isinstance(storage, _Storage) or not _are_counts([offset]) or not _are_counts(shape):
            raise RefusedError("holds a tensor that is not described as tensors are")
        if not _are_counts(strides) or len(strides) != len(shape):
            raise RefusedError("holds a tensor that is not described as tensors are")
        return _View(storage, offset, tuple(shape), tuple(strides))

    def storage(content: Any) -> _Storage:
        if not isinstance(content, bytes):
            raise RefusedError("holds a tensor without numbers")
        return _Storage(content)

    def scalar(*_: Any) -> _Scalar:
        return _Scalar()

    def encoded(text: Any, encoding: Any) -> bytes:
        if not isinstance(text, str) or encoding != "latin1":
            raise RefusedError("holds bytes in a spelling that no network snapshot has")
        return text.encode("latin1")

    return {
        ("torch_utils.persistence", "_reconstruct_persistent_obj"): module,
        ("torch._utils", "_rebuild_parameter"): parameter,
        ("torch._utils", "_rebuild_tensor_v2"): tensor,
        ("torch.storage", "_load_from_bytes"): storage,
        ("collections", "OrderedDict"): dict,
        ("dnnlib.util", "EasyDict"): dict,
        ("numpy", "dtype"): scalar,
        ("numpy.core.multiarray", "scalar"): scalar,
        ("numpy._core.multiarray", "scalar"): scalar,
        ("builtins", "set"): set,
        ("__builtin__", "set"): set,
        ("_codecs", "encode"): encoded,
    }


def _numbers(content: bytes) -> Tensor:
    """Return the float32 numbers (N,) of one storage: five small pickles, a count, then the numbers themselves.

    Source: torch's file format before 1.6, which its storages still have when they are pickled one by one.
    """
    stream = io.BytesIO(content)
    names = {("torch", "FloatStorage"): "FloatStorage"}
    magic, protocol, system, reference, keys = (_read_pickle(stream, names) for _ in range(5))
    if (magic, protocol) != (_TORCH_MAGIC, _TORCH_PROTOCOL) or not system.get("little_endian"):
        raise RefusedError("holds a tensor in a format that no network snapshot has")
    kind, dtype, key, _, count, *_ = reference
    if (kind, dtype) != ("storage", "FloatStorage") or keys != [key]:
        raise RefusedError("holds a tensor in a format that no network snapshot has")
    told = int.from_bytes(stream.read(8), "little")
    rest = stream.getbuffer()[stream.tell() :]
    if not told == count == len(rest) // 4 or len(rest) % 4:
        raise RefusedError("holds a tensor that claims more or fewer numbers than there are")
    return torch.from_numpy(np.frombuffer(rest, dtype="<f4").copy())


def _viewed(view: _View, key: str) -> Tensor:
    numbers = _numbers(view.storage.content)
    last = sum((side - 1) * stride for side, stride in zip(view.shape, view.strides, strict=True))
    if view.offset or math.prod(view.shape) != len(numbers) or last != len(numbers) - 1:
        raise RefusedError(f"holds {key} with a shape that its numbers do not fill")
    tensor = numbers.as_strided(view.shape, view.strides).contiguous()
    if not torch.isfinite(tensor).all():
        raise RefusedError(f"has NaN or infinite values in {key}")
    return tensor


def _tensors_of(generator: _Module, size: int) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a module and of those inside it by their path; together they take at most ``size`` bytes."""
    total = 0
    pending: list[tuple[str, int, Any]] = [("", 0, generator)]
    for _ in range(MAX_MODULES):
        if not pending:
            return
        prefix, depth, module = pending.pop()
        if not isinstance(module, _Module) or depth > MAX_DEPTH:
            raise RefusedError(f"holds something else than a network module at {shown(prefix) or GENERATOR}")
        for group in ("_parameters", "_buffers"):
            for name, value in _named(module, group).items():
                if value is None:
                    continue
                key = f"{prefix}{name}"
                if not isinstance(value, _View):
                    raise RefusedError(f"holds {shown(key)}, which is not a tensor")
                tensor = _viewed(value, shown(key))
                total += tensor.nbytes
                if total > size:
                    raise RefusedError("claims more numbers than it holds")
                yield key, tensor
        pending += [(f"{prefix}{name}.", depth + 1, inner) for name, inner in _named(module, "_modules").items()]
    raise RefusedError("holds more network modules than any generator")


def _named(module: _Module, group: str) -> Mapping[str, Any]:
    values = module.state.get(group)
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise RefusedError(f"holds a network module without {group}")
    return values


def _config_of(generator: _Module, tensors: Mapping[str, Tensor]) -> StyleGan2Config:
    """Return the settings that the constructor's numbers and the tensors' shapes tell; both must agree.

    Source: the constructor of the official networks; a setting that no published file gives is refused by name.
    """
    told = generator.state.get("_init_kwargs")
    if not isinstance(told, dict):
        raise RefusedError("does not tell how its generator was built")
    mapping, synthesis = (_settings(told, f"{part}_kwargs") for part in ("mapping", "synthesis"))
    _refuse_unknown(told, "z_dim w_dim c_dim h_dim img_resolution img_channels mapping_kwargs synthesis_kwargs")
    _refuse_unknown(mapping, "num_layers")
    _refuse_unknown(synthesis, "channel_base channel_max num_fp16_res conv_clamp")
    if "mapping.embed_feats.weight" not in tensors:
        raise RefusedError("is a generator without instance conditioning, which has no use here")
    if told.get("c_dim") != 0 or told.get("img_channels") != 3:
        raise RefusedError("is a generator with classes or other colours, which was never published")
    resolution, clamp = told.get("img_resolution"), synthesis.get("conv_clamp")
    if type(resolution) is not int or not 8 <= resolution <= 1024:
        raise RefusedError("does not tell the size of its images")
    sides = [4 << index for index in range(resolution.bit_length() - 2)]
    try:
        return StyleGan2Config(
            resolution=resolution,
            widths=tuple(tensors[f"synthesis.b{side}.conv1.weight"].shape[0] for side in sides),
            style_dim=told["w_dim"],
            noise_dim=told["z_dim"],
            feature_dim=told["h_dim"],
            feature_embed_dim=tensors["mapping.embed_feats.weight"].shape[0],
            mapping_layers=mapping["num_layers"],
            clamp=0.0 if clamp is None else float(clamp),
        )
    except KeyError as error:
        raise RefusedError(f"lacks {error.args[0]}") from None
    except (TypeError, ValueError) as error:
        raise RefusedError(f"is not a generator this program can build: {shown(str(error))}") from None


def _settings(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    settings = told.get(name, {})
    if not isinstance(settings, dict):
        raise RefusedError("does not tell how its generator was built")
    return settings


def _refuse_unknown(settings: Mapping[str, Any], known: str) -> None:
    for name in settings.keys() - set(known.split()):
        raise RefusedError(f"was built with the setting {shown(str(name))}, which no published model has")


def _drop_filters(tensors: dict[str, Tensor]) -> None:
    """Leave out the filters, which the network has built in, after checking that they are the same."""
    kernel = torch.outer(torch.tensor(FIR), torch.tensor(FIR))
    for key in [key for key in tensors if key.rpartition(".")[2] == FILTER]:
        stored = tensors.pop(key)
        if stored.shape != kernel.shape or not torch.allclose(stored, kernel, atol=1e-6):
            raise RefusedError(f"has another filter in {shown(key)} than any published model")


def _are_counts(values: Sequence[Any] | Any) -> bool:
    return isinstance(values, list | tuple) and all(type(value) is int and value >= 0 for value in values)
