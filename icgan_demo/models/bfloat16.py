"""Whether this processor multiplies in bfloat16."""

import torch

BFLOAT16_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
"""Names in ``torch.cpu.get_capabilities()``; without them a processor imitates bfloat16, slower than float32."""


def has_bfloat16() -> bool:
    """Return whether the processor has instructions for bfloat16: a rule that holds under any load."""
    has = torch.cpu.get_capabilities()
    return any(has.get(name) for name in BFLOAT16_INSTRUCTIONS)
