// Links to tools that were tabs once lead to their pages.
const named = new URLSearchParams(location.search).get("part");
const page = element.querySelector(`a[data-part="${CSS.escape(named ?? "")}"]:not([href^=studio])`);
if (page) location.replace(page.href + location.hash);
const tab = (name) => document.getElementById(`${name}-page-button`);
const asked = () => {
    const part = new URLSearchParams(location.search).get("part");
    return element.querySelector(`a[href="studio?part=${CSS.escape(part ?? "")}"]`) ? part : "swap";
};
element.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || !tab(link.dataset.part) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    tab(link.dataset.part).click();
});
window.addEventListener("popstate", () => tab(asked())?.click());
const follow = () => {
    const shown = document.querySelector("#studio-pages > .tab-wrapper [role=tab][aria-selected=true]");
    if (!shown) return;
    const name = shown.id.replace("-page-button", "");
    for (const link of element.querySelectorAll("a"))
        link.dataset.part === name ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
    if (arrived && name !== asked()) history.pushState(null, "", `studio?part=${name}`);
    arrived ||= name === asked();
};
let arrived = false;
const begin = () => {
    const bar = document.querySelector("#studio-pages > .tab-wrapper");
    if (!bar) return requestAnimationFrame(begin);
    follow();
    new MutationObserver(follow).observe(bar, {subtree: true, attributes: true, attributeFilter: ["aria-selected"]});
};
begin();
