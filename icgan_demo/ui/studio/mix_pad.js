let dragging = false;
const place = () => (props.value || '0.5 0.5').split('|')[0].split(' ').map(Number);
const move = (x, y) => {
    const [, ...corners] = (props.value || '').split('|');
    const within = (v) => Math.min(1, Math.max(0, v)).toFixed(3);
    const focused = element.contains(document.activeElement);
    props.value = [`${within(x)} ${within(y)}`, ...corners].join('|');
    trigger('input');
    if (focused) requestAnimationFrame(() => element.querySelector('.pad')?.focus());
};
const follow = (event) => {
    const box = element.querySelector('.pad').getBoundingClientRect();
    move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
};
element.addEventListener('pointerdown', (event) => {
    if (!event.target.closest('.pad')) return;
    dragging = true;
    element.setPointerCapture(event.pointerId);
    event.preventDefault();
    element.querySelector('.pad').focus();
    follow(event);
});
element.addEventListener('pointermove', (event) => { if (dragging) follow(event); });
for (const end of ['pointerup', 'pointercancel']) {
    element.addEventListener(end, () => { if (dragging) { dragging = false; trigger('release'); } });
}
const steps = {ArrowLeft: [-0.05, 0], ArrowRight: [0.05, 0], ArrowUp: [0, -0.05], ArrowDown: [0, 0.05]};
element.addEventListener('keydown', (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    const [x, y] = place();
    move(x + steps[event.key][0], y + steps[event.key][1]);
});
element.addEventListener('keyup', (event) => { if (event.key in steps) trigger('release'); });
