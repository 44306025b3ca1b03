"""A folder dropped on a box becomes a zip in the browser, whose folders are classes."""

import base64

from chromium import MARKS, chromium
from training_sets import png

from icgan_demo.guards.archive import read_archive
from icgan_demo.ui import dropped_folders

pytestmark = MARKS

PAGE = """<div id="box"><input type="file" multiple></div>"""
DROP = """async (files) => {
  // What a browser says of a dropped folder: entries that are asked for their files, a few at a time.
  const fileEntry = (name, text) => ({ isFile: true, isDirectory: false, name,
    file: (done) => done(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name)) });
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


def test_a_dropped_folder_keeps_its_classes(tmp_path):
    held = {name: {f"{row}.png": base64.b64encode(png(row)).decode() for row in range(3)} for name in ("사과", "배")}
    with chromium() as browser:
        page = browser.new_page()
        page.set_content(PAGE)
        page.evaluate(f"({dropped_folders._SCRIPT.read_text(encoding='utf-8')})(['box'])")
        name, prevented, content = page.evaluate(DROP, held)
    assert (name, prevented) == ("set.zip", True)
    path = tmp_path / name
    path.write_bytes(base64.b64decode(content))
    found = list(read_archive(path))
    assert [picture.label for picture in found] == ["사과"] * 3 + ["배"] * 3
    assert all(picture.guarded is not None for picture in found)
