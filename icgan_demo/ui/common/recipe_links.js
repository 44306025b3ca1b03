// Copies the address of a clicked link to an image, and says so; a link that was pasted into an open page is opened.
(said) => {
    const KEEP_MS = 3000;
    let fading = 0;

    function say(text) {
        let line = document.getElementById("link-copied");
        if (!line) {
            line = document.createElement("p");
            line.id = "link-copied";
            line.className = "status-line";
            line.setAttribute("role", "status");
            document.body.append(line);
        }
        line.textContent = text;
        clearTimeout(fading);
        fading = setTimeout(() => { line.textContent = ""; }, KEEP_MS);
    }

    // Pages without TLS have no clipboard of their own.
    function copyByHand(address) {
        const box = document.createElement("textarea");
        box.value = address;
        document.body.append(box);
        box.select();
        const isCopied = document.execCommand("copy");
        box.remove();
        return isCopied;
    }

    document.addEventListener("click", async (event) => {
        const link = event.target.closest?.("a.copy-link");
        if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        const texts = said[document.documentElement.lang] ?? said.en;
        const isCopied = await navigator.clipboard?.writeText(link.href).then(() => true, () => false);
        if (isCopied || copyByHand(link.href)) say(texts.copied); else window.prompt(texts.by_hand, link.href);
        link.focus();
    });
    window.addEventListener("hashchange", () => { if (location.hash.startsWith("#recipe=")) location.reload(); });
}
