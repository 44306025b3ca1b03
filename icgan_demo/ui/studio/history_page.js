element.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-name]');
    if (!button) return;
    const name = button.dataset.name;
    if (!button.hasAttribute('aria-pressed')) { trigger('select', {name}); return; }
    const starred = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', starred);  // in place, so that the keyboard's focus stays
    trigger('like', {name, starred});
});
