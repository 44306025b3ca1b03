"""Compressed bytes of strangers."""

import zlib

import pytest

from icgan_demo.guards.inflating import inflate


def test_content_comes_back_up_to_the_agreed_length():
    assert inflate(zlib.compress(b"abc"), 3) == b"abc"
    assert inflate(zlib.compress(bytes(10_000_000)), 100) == bytes(101)


@pytest.mark.parametrize("content", [b"", b"abc", zlib.compress(bytes(range(256)))[:-6]])
def test_damaged_content_is_refused(content):
    with pytest.raises(ValueError, match=r"zlib|missing"):
        inflate(content, 1000)
