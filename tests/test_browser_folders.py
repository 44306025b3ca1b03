"""A folder dropped on a box becomes a zip in the browser, whose folders are classes."""

import base64

from chromium import MARKS, chromium
from training_sets import png

from icgan_demo.guards.archive import read_archive
from icgan_demo.ui.common import dropped_folders

pytestmark = MARKS

PAGE = """<div id="box"><input type="file" multiple></div>"""
DROP = """async (files) => {
  // What a browser says of a dropped folder: entries that are asked for their files, a few at a time.
  const fileEntry = (name, text) => ({ isFile: true, isDirectory: false, name,
    file: (done, failed) => text === null ? failed(new Error("gone"))
      : done(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name)) });
  const folderEntry = (name, inner) => ({ isFile: false, isDirectory: true, name,
    createReader: () => { let at = 0; return { readEntries: (done) => done(inner.slice(at, at += 2)) }; } });
  const folders = Object.entries(files).map(([name, held]) =>
    folderEntry(name, Object.entries(held).map(([file, text]) => fileEntry(file, text))));
  const event = new Event("drop", { bubbles: true, cancelable: true });
  event.dataTransfer = { items: [{ webkitGetAsEntry: () => folderEntry("set", folders) }] };
  const input = document.querySelector("input");
  const changed = new Promise((done) => input.addEventListener("change", done));
  document.getElementById("box").dispatchEvent(event);
  await changed;
  const bytes = new Uint8Array(await input.files[0].arrayBuffer());
  return [input.files[0].name, event.defaultPrevented, btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""))];
}"""


def read_dropped(held, tmp_path):
    """Drop folders of files, base64 or None for one that cannot be read; return what the server makes of them."""
    with chromium() as browser:
        page = browser.new_page()
        page.set_content(PAGE)
        page.evaluate(f"({dropped_folders._SCRIPT.read_text(encoding='utf-8')})(['box'])")
        name, prevented, content = page.evaluate(DROP, held)
    assert (name, prevented) == ("set.zip", True)
    path = tmp_path / name
    path.write_bytes(base64.b64decode(content))
    return list(read_archive(path))


def test_a_dropped_folder_keeps_its_classes(tmp_path):
    held = {name: {f"{row}.png": base64.b64encode(png(row)).decode() for row in range(3)} for name in ("사과", "배")}
    found = read_dropped(held, tmp_path)
    assert [picture.label for picture in found] == ["사과"] * 3 + ["배"] * 3
    assert all(picture.picture is not None for picture in found)


def test_a_file_that_the_browser_cannot_read_is_named_and_the_others_stay(tmp_path):
    """The whole drop came to nothing, without a word."""
    held = {"pears": {"0.png": base64.b64encode(png(0)).decode(), "gone.png": None}}
    found = read_dropped(held, tmp_path)
    assert [picture.picture is not None for picture in found] == [True, False]
    assert "gone.png" in found[1].name
