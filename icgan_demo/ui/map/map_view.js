let world = null, points = [], cursor = -1, chosen = '';
const map = () => element.querySelector('.map');
const read = () => {
    const root = map();
    if (!root) { world = null; points = []; return; }
    if (root === world && root.dataset.points === root.known) return;
    world = root;
    root.known = root.dataset.points;
    const names = JSON.parse(root.dataset.names), labels = root.dataset.labels.split(',');
    const rows = root.dataset.rows ? root.dataset.rows.split(',') : [];
    points = (root.dataset.points ? root.dataset.points.split(';') : []).map((pair, row) => {
        const [x, y] = pair.split(',').map(Number);
        const own = rows[row] ?? row;
        const label = labels[row] === '' ? root.dataset.unnamed.replace('#', own) : names[labels[row]];
        return {x, y, key: 'b' + own, name: label};
    });
    for (const own of root.querySelectorAll('.own')) {
        const [x, y] = own.dataset.at.split(',').map(Number);
        points.push({x, y, key: own.dataset.key, name: own.getAttribute('aria-label')});
    }
    cursor = points.findIndex((point) => point.key === chosen);
    mark('.here', cursor);
    mark('.cursor', -1);
};
const mark = (what, place) => {
    const ring = element.querySelector(what);
    if (!ring) return;
    ring.hidden = place < 0;
    if (place < 0) return;
    ring.style.left = points[place].x / 10 + '%';
    ring.style.top = points[place].y / 10 + '%';
};
const say = (place) => { element.querySelector('.tip').textContent = place < 0 ? '' : points[place].name; };
const pick = (place) => {
    if (place < 0) return;
    cursor = place;
    chosen = points[place].key;
    mark('.here', place);
    mark('.cursor', -1);
    say(place);
    props.value = `${map().dataset.map} ${chosen}`;
    trigger('input');
};
const nearest = (event) => {
    const known = event.target.closest('[data-key]');
    if (known) return points.findIndex((point) => point.key === known.dataset.key);
    const box = element.querySelector('.world').getBoundingClientRect();
    const x = 1000 * (event.clientX - box.left) / box.width, y = 1000 * (event.clientY - box.top) / box.height;
    let best = -1, least = Infinity;
    points.forEach((point, place) => {
        const gap = (point.x - x) ** 2 + (point.y - y) ** 2;
        if (gap < least) { least = gap; best = place; }
    });
    return best;
};
const step = (dx, dy) => {
    if (cursor < 0) return points.length ? 0 : -1;
    const from = points[cursor];
    let best = cursor, least = Infinity;
    points.forEach((point, place) => {
        const x = point.x - from.x, y = point.y - from.y;
        const along = x * dx + y * dy, across = Math.abs(x * dy) + Math.abs(y * dx);
        if (along <= 0 || across > 2 * along) return;
        const gap = along + 2 * across;
        if (gap < least) { least = gap; best = place; }
    });
    return best;
};
const zoom = (factor) => {
    const root = map(), old = Number(root.dataset.zoom || 1);
    const now = factor ? Math.min(8, Math.max(1, old * factor)) : 1;
    const x = (root.scrollLeft + root.clientWidth / 2) / root.scrollWidth;
    const y = (root.scrollTop + root.clientHeight / 2) / root.scrollHeight;
    root.dataset.zoom = now;
    root.style.setProperty('--zoom', now);
    root.classList.toggle('zoomed', now > 1);
    root.scrollLeft = x * root.scrollWidth - root.clientWidth / 2;
    root.scrollTop = y * root.scrollHeight - root.clientHeight / 2;
};
element.addEventListener('click', (event) => {
    read();
    const button = event.target.closest('[data-zoom-by]');
    if (button) zoom(Number(button.dataset.zoomBy));
    else if (event.target.closest('.world')) { map().focus({preventScroll: true}); pick(nearest(event)); }
});
element.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'mouse' || !event.target.closest('.world')) return;
    read();
    const place = nearest(event);
    mark('.cursor', place);
    say(place);
});
element.addEventListener('pointerleave', () => { mark('.cursor', -1); if (points.length) say(cursor); });
const arrows = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
element.addEventListener('keydown', (event) => {
    if (!event.target.closest('.map')) return;
    read();
    if (event.key in arrows) {
        cursor = step(...arrows[event.key]);
        mark('.cursor', cursor);
        say(cursor);
        element.querySelector('.cursor').scrollIntoView({block: 'nearest', inline: 'nearest'});
    } else if (event.key === 'Enter' || event.key === ' ') pick(cursor);
    else if (event.key === '+' || event.key === '=') zoom(1.6);
    else if (event.key === '-') zoom(0.625);
    else return;
    event.preventDefault();
});
watch('scene', () => {
    chosen = map()?.dataset.chosen ?? '';
    if (map()) map().known = null;
    read();
    if (map()) say(cursor);
});
