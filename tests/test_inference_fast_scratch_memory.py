"""Scratch memory is handed out in stack order and used again."""

import torch

from icgan_demo.inference.fast.scratch_memory import Scratch


def test_what_a_frame_took_is_given_back_and_taken_again():
    scratch = Scratch(torch.float32)
    for _ in range(2):  # the first round finds out how much is needed
        with scratch.frame():
            outer = scratch.take(3, 4)
            with scratch.frame():
                first = scratch.take(2, 2)
            second = scratch.take(2, 2)
    assert first.data_ptr() == second.data_ptr()
    assert outer.data_ptr() != second.data_ptr()


def test_what_is_held_at_the_same_time_never_overlaps():
    scratch = Scratch(torch.float32)
    for _ in range(3):
        with scratch.frame():
            parts = [scratch.take(size, 3).fill_(size) for size in range(1, 50)]
            assert all((part == size).all() for size, part in enumerate(parts, 1))


def test_a_frame_is_given_back_after_an_error_too():
    scratch = Scratch(torch.float32)
    for _ in range(3):
        try:
            with scratch.frame():
                scratch.take(1000)
                raise ValueError
        except ValueError:
            pass
    with scratch.frame():
        assert scratch.take(1000).data_ptr() == scratch._memory.data_ptr()
