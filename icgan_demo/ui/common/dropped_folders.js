/* A folder dropped on a box for uploads becomes a ZIP here, so that its sub-folders stay classes: Gradio's box takes
files alone, without their paths. Nothing is compressed; the server reads it as any other ZIP. */
(boxes) => {
  const CRCS = Array.from({ length: 256 }, (_, value) => {
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value >>> 0;
  });
  const checksum = (bytes) => {
    let crc = 0xffffffff;
    for (const byte of bytes) crc = CRCS[(crc ^ byte) & 255] ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
  };
  const packed = (sizes, values) => {
    const view = new DataView(new ArrayBuffer(sizes.reduce((sum, size) => sum + size, 0)));
    let at = 0;
    values.forEach((value, place) => {
      if (sizes[place] === 4) view.setUint32(at, value, true);
      else view.setUint16(at, value, true);
      at += sizes[place];
    });
    return new Uint8Array(view.buffer);
  };
  const zipped = async (files) => {
    const parts = [];
    const listing = [];
    let offset = 0;
    for (const { path, file } of files) {
      const bytes = new Uint8Array(await file.arrayBuffer().catch(() => new ArrayBuffer(0)));
      const name = new TextEncoder().encode(path);
      const shared = [20, 0x800, 0, 0, 0x21, checksum(bytes), bytes.length, bytes.length, name.length, 0]; // UTF-8
      const sizes = [2, 2, 2, 2, 2, 4, 4, 4, 2, 2];
      const head = packed([4, ...sizes], [0x04034b50, ...shared]);
      listing.push(packed([4, 2, ...sizes, 2, 2, 2, 4, 4], [0x02014b50, 20, ...shared, 0, 0, 0, 0, offset]), name);
      parts.push(head, name, bytes);
      offset += head.length + name.length + bytes.length;
    }
    const length = listing.reduce((sum, part) => sum + part.length, 0);
    const count = files.length;
    const end = packed([4, 2, 2, 2, 2, 4, 4, 2], [0x06054b50, 0, 0, count, count, length, offset, 0]);
    return new Blob([...parts, ...listing, end], { type: "application/zip" });
  };
  const entriesOf = (folder) =>
    new Promise((resolve) => {
      const reader = folder.createReader();
      const found = [];
      const next = () =>
        reader.readEntries((some) => {
          found.push(...some);
          some.length ? next() : resolve(found);
        }, () => resolve(found)); // a browser gives a hundred at a time
      next();
    });
  const filesIn = async (entry, path) => {
    if (entry.isFile) {
      const unreadable = new File([], entry.name); // which the server names among what it leaves out
      return [{ path: path + entry.name, file: await new Promise((resolve) => entry.file(resolve, () => resolve(unreadable))) }];
    }
    const inner = [];
    for (const each of await entriesOf(entry)) inner.push(...(await filesIn(each, `${path}${entry.name}/`)));
    return inner;
  };
  const taken = async (entries, input) => {
    const files = [];
    for (const entry of entries) files.push(...(await filesIn(entry, "")));
    const given = new DataTransfer();
    given.items.add(new File([await zipped(files)], `${entries[0].name}.zip`, { type: "application/zip" }));
    input.files = given.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener(
    "drop",
    (event) => {
      const box = boxes.map((id) => document.getElementById(id)).find((each) => each?.contains(event.target));
      const input = box?.querySelector("input[type=file]");
      const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
      if (!input || !entries.some((entry) => entry.isDirectory)) return;
      event.preventDefault();
      event.stopPropagation();
      taken(entries, input);
    },
    true,
  );
}
