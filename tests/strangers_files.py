"""Files as strangers bring them, made from scratch: what each surface must make of them stands beside them."""

import io
import json
import struct
import unicodedata
import zlib
from dataclasses import dataclass, field

from PIL import Image, ImageDraw
from training_sets import png


@dataclass(frozen=True)
class StrangersPicture:
    """A picture file, and its size when it is accepted."""

    name: str
    content: bytes
    size: tuple[int, int] | None
    """As the encoder sees it; None if it must be refused."""
    corner: tuple[int, int, int] | None = None
    """Colour of the pixel at (5, 5), within a few levels."""


@dataclass(frozen=True)
class StrangersArchive:
    """Members of a zip, and the classes that they are."""

    name: str
    members: dict[str, bytes]
    classes: dict[str, int]
    """Pictures of each class; empty for a set without."""
    strays: int = 0
    as_folder: bool = True
    """Whether the same names can lie in a folder."""
    tags: tuple[str, ...] = field(default=())


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return a picture as a file's content."""
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def with_chunk(data: bytes, name: bytes, content: bytes) -> bytes:
    """Return a PNG with one more chunk behind its header."""
    return data[:33] + chunk(name, content) + data[33:]


def half_red(width: int = 60, height: int = 40) -> Image.Image:
    """Return a picture that is red at the left and blue at the right."""
    picture = Image.new("RGB", (width, height), (0, 0, 255))
    ImageDraw.Draw(picture).rectangle((0, 0, width // 2, height), fill=(255, 0, 0))
    return picture


def strangers_pictures() -> list[StrangersPicture]:
    """Return honest pictures of unusual kinds, and pictures that no surface may take."""
    red, plain = (255, 0, 0), half_red()
    exif = Image.Exif()
    exif[0x0112] = 3
    block = (b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")).hex().encode()
    raw = b"\nexif\n" + f"{len(block) // 2:8}".encode() + b"\n" + block + b"\n"
    xmp = b'<rdf:Description tiff:Orientation="3"/>'
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    fields = (struct.pack("<IiiHHIIiiII", 108, 40, 40, 1, 32, 3, 6400, 0, 0, 0, 0) + masks).ljust(108, b"\0")
    bmp = b"BM" + struct.pack("<IHHI", 6522, 0, 0, 122) + fields + bytes([30, 20, 200, 0]) * 1600
    gif = bytearray(encoded(Image.new("RGB", (40, 40), red).quantize(4), "GIF"))
    gif[6:10] = struct.pack("<HH", 90, 90)
    at = gif.index(b",", 13 + (3 << (gif[10] & 7) + 1))
    gif[at + 1 : at + 5] = struct.pack("<HH", 20, 20)
    large = Image.new("RGB", (8064, 6048), red)
    accepted = [
        ("plain.png", encoded(plain), (60, 40), red),
        ("a photo under another name.gif", encoded(plain, "JPEG", quality=95), (60, 40), red),
        ("사진 🙂.webp", encoded(plain, "WEBP", lossless=True), (60, 40), red),
        ("turned.jpg", encoded(plain, "JPEG", exif=exif, quality=95), (60, 40), (0, 0, 255)),
        ("turned by imagemagick.png", with_chunk(encoded(plain), b"tEXt", b"Raw profile type exif\0" + raw), (60, 40),
         (0, 0, 255)),
        ("turned by xmp.png", with_chunk(encoded(plain), b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp), (60, 40),
         (0, 0, 255)),
        ("empty alpha.bmp", bmp, (40, 40), (200, 20, 30)),
        ("small frame.gif", bytes(gif), (90, 90), (255, 255, 255)),
        ("phone.jpg", encoded(large, "JPEG"), (1024, 768), red),
        ("clear.png", encoded(Image.new("RGBA", (40, 40), (9, 9, 9, 0))), (40, 40), (255, 255, 255)),
        ("grey 16 bit.png", encoded(Image.new("I;16", (40, 40), 128 << 8)), (40, 40), (128, 128, 128)),
        ("press.jpg", encoded(plain.convert("CMYK"), "JPEG", quality=95), (60, 40), red),
        ("broken profile.png", encoded(plain, icc_profile=b"no profile"), (60, 40), red),
    ]  # fmt: skip
    bomb = zlib.compress(bytes(5_000_000))
    header = struct.pack(">IIBBBBB", 18000, 15000, 8, 2, 0, 0, 0)
    refused = [
        ("empty.jpg", b""),
        ("page.png", b"<!DOCTYPE html><img src=x onerror=alert(1)>"),
        ("vector.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("cut.png", encoded(plain)[:90]),
        ("cut.jpg", encoded(large.resize((400, 300)), "JPEG")[:900]),
        ("bomb.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", bomb) + chunk(b"IEND", b"")),
        ("text bomb.png", with_chunk(encoded(plain), b"zTXt", b"k\0\0" + bomb)),
        ("tiff.jpg", encoded(plain, "TIFF")),
        ("tiny.png", encoded(plain.resize((5, 5)))),
        ("narrow.png", encoded(plain.resize((900, 32)))),
        ("archive.png", b"PK\3\4" + bytes(60)),
    ]
    return [StrangersPicture(*each) for each in accepted] + [StrangersPicture(*each, None) for each in refused]


def strangers_archives() -> list[StrangersArchive]:
    """Return zips as real programs write them, and the classes that a visitor means."""
    numbers = iter(range(1_000_000))

    def put(*folders: str, each: int = 2) -> dict[str, bytes]:
        return {f"{folder}{row}.png": png(next(numbers)) for folder in folders for row in range(each)}

    decomposed = unicodedata.normalize("NFD", "사과")
    sharded = put("00000/", each=4)
    listing = {"labels": [[name, row % 2] for row, name in enumerate(sharded)]}
    takeout = put("cats/", "dogs/")
    return [
        StrangersArchive("plain", put("cats/", "dogs/"), {"cats": 2, "dogs": 2}),
        StrangersArchive("wrapped", put("set/cats/", "set/dogs/"), {"cats": 2, "dogs": 2}),
        StrangersArchive("powershell", put("cats\\", "dogs\\"), {"cats": 2, "dogs": 2}, as_folder=False),
        StrangersArchive("cloud", {"/": b"", **put("cats/", "dogs/")}, {"cats": 2, "dogs": 2}, as_folder=False),
        StrangersArchive("tiny imagenet", put("n01/images/", "n02/images/"), {"n01": 2, "n02": 2}),
        StrangersArchive("splits", put("train/a/", "train/b/", "val/a/"), {"a": 4, "b": 2}),
        StrangersArchive("two spellings", put("사과/") | put(f"{decomposed}/") | put("배/"), {"배": 2, "사과": 4}),
        StrangersArchive("languages", put("हिन्दी/", "ไทย/", "C++/", "C#/", "C/", "🍎/", "🍊/"),
                         dict.fromkeys(["C", "C#", "C++", "हिन्दी", "ไทย", "🍊", "🍎"], 2)),
        StrangersArchive("stray", put("cats/", "dogs/") | {"cover.png": png(next(numbers))}, {"cats": 2, "dogs": 2}, 1),
        StrangersArchive("loose", put("", each=4), {}),
        StrangersArchive("stylegan", sharded | {"dataset.json": json.dumps(listing).encode()}, {"0": 2, "1": 2}),
        StrangersArchive("takeout", takeout | {f"{name}.json": b"{}" for name in takeout}, {"cats": 2, "dogs": 2}),
        StrangersArchive("apple", put("cats/", "dogs/") | {"__MACOSX/cats/._0.png": b"x", "cats/.DS_Store": b"x"},
                         {"cats": 2, "dogs": 2}),
    ]  # fmt: skip
