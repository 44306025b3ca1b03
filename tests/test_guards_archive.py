"""Zips from strangers: hostile ones are refused as a whole, damaged members are named, ordinary clutter is ignored."""

import contextlib
import io
import json
import stat
import struct
import tracemalloc
import zipfile
import zlib

import pytest
from PIL import Image
from training_sets import class_zip, png, write_zip

from icgan_demo.errors import ArchiveError
from icgan_demo.guards.archive import ArchiveLimits, is_archive, read_archive, survey_archive


def read(path, **limits):
    return list(read_archive(path, ArchiveLimits(**limits)))


def refusal(path, **limits):
    """Return the sentence of the refusal, which must cost little memory and name no folder."""
    tracemalloc.start()
    with pytest.raises(ArchiveError) as error:
        read(path, **limits)
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()
    sentence = str(error.value)
    assert str(path.parent) not in sentence
    return sentence


def good_after(path):
    assert [picture.reason for picture in read(class_zip(path.with_name("good.zip")))] == [""] * 12


def member(name, content=b"", **fields):
    info = zipfile.ZipInfo(name)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def zip_of(path, *members):
    with zipfile.ZipFile(path, "w") as archive:
        for info, content in members:
            archive.writestr(info, content)
    return path


# --- ordinary archives ---


def test_pictures_come_with_the_label_of_their_folder(tmp_path):
    found = read(class_zip(tmp_path / "a.zip"))
    assert [picture.label for picture in found] == ["otter"] * 6 + ["heron"] * 6
    assert all(picture.picture.size == (40, 40) for picture in found)


def test_system_files_and_hidden_files_are_passed_over(tmp_path):
    clutter = {"__MACOSX/a/._1.png": b"x", "a/.DS_Store": b"x", "a/Thumbs.db": b"x", ".hidden/2.png": b"x", "a/": b""}
    assert [picture.name for picture in read(write_zip(tmp_path / "a.zip", {**clutter, "a/1.png": png(1)}))] == [
        "a/1.png"
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.txt", b"hello", "Not an image we can read"),
        ("empty.png", b"", "empty"),
        ("cut.png", png(2)[:500], "incomplete"),
        ("inner.zip", b"PK\3\4rest", "archive inside"),
        ("photos.7z", b"7z\xbc\xaf\x27", "archive inside"),
        ("page.svg", b"<svg/>", "Not an image"),
    ],
)
def test_a_bad_member_is_named_and_the_rest_is_used(tmp_path, name, content, reason):
    found = read(write_zip(tmp_path / "a.zip", {"1.png": png(1), name: content, "3.png": png(3)}))
    assert [picture.picture is not None for picture in found] == [True, False, True]
    assert found[1].name == name
    assert reason in found[1].reason


def test_a_member_with_a_wrong_checksum_or_an_odd_compression_is_skipped(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"1.png": png(1), "2.png": png(2)}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 20] ^= 0xFF
    path.write_bytes(data)
    assert [bool(picture.reason) for picture in read(path)] == [True, False]
    odd = write_zip(tmp_path / "odd.zip", {"1.png": png(1)}, zipfile.ZIP_LZMA)
    assert "not supported" in read(odd)[0].reason


def test_of_two_members_with_one_name_the_first_is_used(tmp_path):
    path = tmp_path / "a.zip"
    with pytest.warns(UserWarning, match="Duplicate name"):
        zip_of(path, member("1.png", png(1)), member("1.png", png(2)))
    assert [picture.reason for picture in read(path)] == ["", "Another file has the same name."]


def test_a_member_above_its_limit_is_skipped(tmp_path):
    found = read(write_zip(tmp_path / "a.zip", {"big.bmp": bytes(3_000_000), "1.png": png(1)}), member_bytes=2_000_000)
    assert "limit is 2 MB" in found[0].reason
    assert found[1].picture


def test_names_in_utf8_without_a_flag_are_understood(tmp_path):
    """macOS writes them; the zip reader takes them for code page 437."""
    content = class_zip(tmp_path / "a.zip", classes=("수달",), each=1).read_bytes()
    names = [at for at in range(len(content)) if content[at : at + 4] in (b"PK\1\2", b"PK\3\4")]
    data = bytearray(content)
    for at in names:
        flags = at + (8 if content[at : at + 4] == b"PK\1\2" else 6)
        data[flags : flags + 2] = struct.pack("<H", struct.unpack("<H", data[flags : flags + 2])[0] & ~0x800)
    (tmp_path / "mac.zip").write_bytes(data)
    assert read(tmp_path / "mac.zip")[0].label == "수달"


def test_empty_folders_are_known(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"otter/": b"", "heron/1.png": png(1), "__MACOSX/": b""})
    assert survey_archive(path).empty_folders == ("otter",)


def labels_in(path, **options):
    return [picture.label for picture in read_archive(path, **options)]


def test_backslashes_of_old_windows_archivers_are_folders(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"cats\\1.png": png(1), "dogs\\small\\2.png": png(2), "birds\\": b""})
    assert labels_in(path) == ["cats", "small"]
    assert survey_archive(path).empty_folders == ("birds",)


@pytest.mark.parametrize("root", ["/", "//", "./", "\\"])
def test_an_entry_for_the_archive_itself_is_ignored(tmp_path, root):
    path = zip_of(tmp_path / "a.zip", member(root), member("./cats/1.png", png(1)), member("dogs/2.png", png(2)))
    assert labels_in(path) == ["cats", "dogs"]


def old_zip(path, encoding, names):
    """Write a zip as old archivers do: names in the encoding of the system, and no word about it."""
    marked = {f"{number:03}": name for number, name in enumerate(names)}
    with zipfile.ZipFile(path, "w") as archive:
        for mark, name in marked.items():
            archive.writestr(mark + "#" * (len(name.encode(encoding)) - 3), png(int(mark)))
    data = path.read_bytes()
    for mark, name in marked.items():
        data = data.replace(mark.encode() + b"#" * (len(name.encode(encoding)) - 3), name.encode(encoding))
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("encoding", "classes"),
    [
        ("cp949", ("사과", "오렌지", "포도")),
        ("gb18030", ("苹果", "橙子", "葡萄")),
        ("cp932", ("りんご", "みかん", "表示")),  # the last one ends in a byte that is a backslash elsewhere
        ("big5", ("蘋果", "橙子", "功能")),
        ("cp866", ("яблоко", "груша")),
        ("cp437", ("pêche", "café")),
    ],
)
def test_names_in_old_encodings_are_understood_and_the_guess_is_said(tmp_path, encoding, classes):
    path = old_zip(tmp_path / "a.zip", encoding, [f"{name}/{row}.png" for name in classes for row in range(2)])
    assert labels_in(path) == [name for name in classes for _ in range(2)]
    survey = survey_archive(path)
    assert survey.encoding.name == encoding
    assert "a guess" in survey.notes[0]


def test_a_visitor_may_say_how_names_are_read(tmp_path):
    path = old_zip(tmp_path / "a.zip", "cp949", ["사과/1.png", "배배/2.png"])
    assert labels_in(path, encoding="cp949") == ["사과", "배배"]
    other = labels_in(path, encoding="gb18030")
    assert all(other)
    assert len(set(other)) == 2
    assert survey_archive(path, encoding="gb18030").notes == []
    assert len(set(labels_in(path, encoding="utf-8"))) == 2  # which does not fit: odd to read, but two classes
    with pytest.raises(ArchiveError, match="cp949"):
        labels_in(path, encoding="rot13")


def test_the_unicode_name_beside_an_old_one_is_used(tmp_path):
    old, new = "???/1.png", "사과/1.png"
    extra = struct.pack("<BL", 1, zlib.crc32(old.encode())) + new.encode()
    extra = struct.pack("<HH", 0x7075, len(extra)) + extra
    path = zip_of(tmp_path / "a.zip", member(old, png(1), extra=extra))
    assert labels_in(path) == ["사과"]
    evil = struct.pack("<BL", 1, zlib.crc32(b"1.png")) + b"../../1.png"
    evil = struct.pack("<HH", 0x7075, len(evil)) + evil
    assert refusal(zip_of(tmp_path / "b.zip", member("1.png", png(1), extra=evil))).endswith("unsafe path.")


def test_labels_of_stylegan_come_from_its_json(tmp_path):
    listing = {"labels": [["00000/img00000000.png", 6], ["00000/img00000001.png", 2], ["00001\\img00000002.png", 6]]}
    members = {f"0000{row // 2}/img0000000{row}.png": png(row) for row in range(4)}
    path = write_zip(tmp_path / "a.zip", {**members, "dataset.json": json.dumps(listing).encode()})
    assert labels_in(path) == ["6", "2", "6", ""]
    assert survey_archive(path).notes == ["The classes come from dataset.json, not from the folders."]
    none = write_zip(tmp_path / "none.zip", {**members, "dataset.json": b'{"labels": null}'})
    assert labels_in(none) == [""] * 4
    inside = {f"ffhq/{name}": content for name, content in members.items()}
    path = write_zip(tmp_path / "b.zip", {**inside, "ffhq/dataset.json": json.dumps(listing).encode()})
    assert labels_in(path) == ["6", "2", "6", ""]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[" * 100_000,
        b'{"labels": 5}',
        b'{"labels": [1, 2]}',
        b'{"other": []}',
        b"\xff",
        b"[]",
        b'{"labels": [[5, 5]]}',
    ],
)
def test_a_json_that_lists_no_labels_changes_nothing(tmp_path, content):
    path = write_zip(tmp_path / "a.zip", {"a/1.png": png(1), "b/2.png": png(2), "dataset.json": content})
    assert labels_in(path) == ["a", "b"]


def test_notes_beside_pictures_neither_count_nor_are_listed(tmp_path):
    """Google Takeout puts a JSON beside each picture, and cuts its name short."""
    members = {}
    for row in range(10):
        members |= {
            f"a/{row}.png": png(row),
            f"a/{row}.png.supplemental-met.json": bytes(1000),
            f"a/{row}.txt": b"words",
        }
    path = write_zip(tmp_path / "a.zip", members | {"a/metadata.json": b"{}"})
    found = read(path, members=10, total_bytes=10 * len(png(1)) + 1000)
    assert [picture.reason for picture in found] == [""] * 10
    assert survey_archive(path).sidecars == 21
    assert survey_archive(path).files == 10


def test_zips_are_known_by_content_or_name(tmp_path):
    assert is_archive(class_zip(tmp_path / "photo.png"))
    (tmp_path / "text.zip").write_bytes(b"no zip")
    assert is_archive(tmp_path / "text.zip")
    (tmp_path / "photo.jpg").write_bytes(png(1))
    assert not is_archive(tmp_path / "photo.jpg")


# --- hostile archives ---


def test_names_of_thousands_of_folders_cost_little(tmp_path):
    """Neither the depth of a path nor thousands of names that read alike make the listing slow or large."""
    deep = {f"{'a/' * 15_000}{row}/{'b/' * 10_000}{row}.png": b"" for row in range(5)}
    alike = {f"{''.join('?*|<'[row >> 2 * bit & 3] for bit in range(6))}/1.png": b"" for row in range(1900)}
    tracemalloc.start()
    found = survey_archive(write_zip(tmp_path / "a.zip", deep | alike | {f"{'a/' * 15_000}": b""}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.files == 1905
    assert peak < 60_000_000


@pytest.mark.parametrize(
    "name",
    [
        "../evil.png",
        "a/../../evil.png",
        "/etc/evil.png",
        "C:evil.png",
        "c:/evil.png",
        "..\\x.png",
        "a\\..\\..\\x.png",
        "\\evil.png",
        "\\\\server\\share\\x.png",
        "C:\\evil.png",
        "a/..",
        "..",
        "..\\",
    ],
)
def test_a_name_that_leaves_the_folder_refuses_the_archive(tmp_path, name):
    path = write_zip(tmp_path / "a.zip", {"1.png": png(1), name: png(2)})
    assert refusal(path) == "The archive contains an unsafe path."
    good_after(path)


def test_a_name_with_a_nul_refuses_the_archive(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"evil_.png": png(1)})
    path.write_bytes(path.read_bytes().replace(b"evil_", b"evil\0"))
    assert refusal(path) == "The archive contains an unsafe path."


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_refuse_the_archive(tmp_path, kind):
    path = zip_of(tmp_path / "a.zip", member("1.png", b"/etc/passwd", external_attr=(kind | 0o777) << 16))
    assert refusal(path) == "The archive contains links, which are not allowed."
    good_after(path)


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
def test_encrypted_members_refuse_the_archive(tmp_path, flag):
    path = write_zip(tmp_path / "a.zip", {"1.png": png(1)})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\1\2") + 8
    data[at : at + 2] = struct.pack("<H", flag)
    path.write_bytes(data)
    assert refusal(path) == "Password-protected archives are not supported."


def test_too_many_members_are_refused_before_they_are_listed(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(3000):
            archive.writestr(f"{number}.png", b"")
    assert refusal(path) == "Too many files: the limit is 2,000."
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\5\6")
    data[end + 8 : end + 12] = struct.pack("<HH", 10, 10)  # it claims fewer than it lists
    path.write_bytes(data)
    assert refusal(path) == "Too many files: the limit is 2,000."
    good_after(path)


def test_a_bomb_is_refused_by_what_it_declares(tmp_path):
    path = write_zip(tmp_path / "a.zip", {f"{number}.bmp": bytes(9_000_000) for number in range(30)})
    assert path.stat().st_size < 1_000_000
    assert refusal(path) == "The archive expands to more than the 200 MB limit."
    good_after(path)


def test_members_that_share_bytes_are_refused(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"1.bmp": bytes(5_000_000), "2.bmp": b"x"})
    data = bytearray(path.read_bytes())
    second = data.rindex(b"PK\1\2")
    data[second + 42 : second + 46] = struct.pack("<L", 0)  # the second entry points at the first one's bytes
    path.write_bytes(data)
    assert refusal(path) == "Files in the archive overlap, which is not allowed."
    good_after(path)


def test_a_member_that_claims_more_bytes_than_there_are_is_refused(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"1.png": png(1)})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\1\2") + 20
    data[at : at + 4] = struct.pack("<L", 1_000_000)
    path.write_bytes(data)
    assert refusal(path) == "Files in the archive overlap, which is not allowed."


def test_a_member_that_expands_to_more_than_it_says_is_skipped(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"1.bmp": b"BM" + bytes(9_000_000), "2.png": png(2)})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\1\2") + 24
    data[at : at + 4] = struct.pack("<L", 1000)
    path.write_bytes(data)
    found = read(path)
    assert "damaged" in found[0].reason
    assert found[1].picture


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Only ZIP is supported."),
        (b"Rar!\x1a\7\0rest", "Only ZIP is supported."),
        (b"\x1f\x8b\x08gzip", "Only ZIP is supported."),
        (b"#!/bin/sh\nexit\n", "Only ZIP is supported."),
        (b"PK\3\4" + bytes(100), "The ZIP file is damaged or incomplete. Please create it again."),
        (b"PK\5\6" + bytes(10), "The ZIP file is damaged or incomplete. Please create it again."),
    ],
)
def test_what_is_no_zip_is_refused(tmp_path, content, sentence):
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    assert refusal(path) == sentence


@pytest.mark.parametrize("front", [b"#!/bin/sh\n", png(5)])
def test_a_zip_behind_a_script_or_a_picture_is_refused(tmp_path, front):
    path = class_zip(tmp_path / "a.zip")
    path.write_bytes(front + path.read_bytes())
    assert refusal(path) == "Only ZIP is supported."


def test_a_zip_behind_a_zip_is_refused(tmp_path):
    path = class_zip(tmp_path / "a.zip")
    path.write_bytes(path.read_bytes() * 2)
    assert refusal(path) == "Only ZIP is supported."


@pytest.mark.parametrize("part", [0.3, 0.7, 0.99])
def test_a_zip_cut_short_is_refused(tmp_path, part):
    path = class_zip(tmp_path / "a.zip")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    assert refusal(path) == "The ZIP file is damaged or incomplete. Please create it again."


def test_slow_archives_end_in_time(tmp_path):
    path = class_zip(tmp_path / "a.zip")
    assert refusal(path, seconds=1e-9) == "The archive took too long to read. Try fewer or smaller images."


def test_flipped_bytes_never_crash_the_reader(tmp_path):
    good = class_zip(tmp_path / "good.zip", each=2).read_bytes()
    path = tmp_path / "flipped.zip"
    for position in range(0, len(good), max(1, len(good) // 300)):
        data = bytearray(good)
        data[position] ^= 0x55
        path.write_bytes(data)
        with contextlib.suppress(ArchiveError):
            assert len(read(path)) <= 4


def test_metadata_does_not_travel(tmp_path):
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "at home"
    Image.new("RGB", (40, 40)).save(buffer, "JPEG", exif=exif)
    picture = read(write_zip(tmp_path / "a.zip", {"1.jpg": buffer.getvalue()}))[0].picture
    assert not picture.info
    assert not picture.getexif()
