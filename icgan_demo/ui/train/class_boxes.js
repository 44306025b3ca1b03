const tell = (what) => { props.value = JSON.stringify({...what, at: Date.now()}); trigger('input'); };
const labelOf = (target) => target.closest('.box')?.dataset.label ?? '';
const add = async (label, files) => {
    const box = [...element.querySelectorAll('.box')].find((each) => each.dataset.label === label);
    const status = box?.querySelector('output'), paths = [];
    try {
        for (const file of files) {
            if (status) status.textContent = `${paths.length + 1} / ${files.length}`;
            paths.push((await upload(file)).path);
        }
    } catch (refused) { if (status) status.textContent = '!'; }
    if (paths.length) tell({do: 'add', label, paths});
};
element.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-do]');
    if (!button) return;
    const label = labelOf(button), action = button.dataset.do;
    if (action === 'camera') document.dispatchEvent(new CustomEvent('train-camera', {detail: label}));
    else tell({do: action, label, file: button.dataset.file ?? ''});
});
element.addEventListener('submit', (event) => {
    event.preventDefault();
    const input = event.target.querySelector('input');
    if (input.value.trim()) tell({do: 'name', label: input.value});
    input.value = '';
});
element.addEventListener('change', (event) => {
    const input = event.target;
    if (input.type === 'file') add(labelOf(input), [...input.files]);
    else if (input.matches('.name')) tell({do: 'rename', label: labelOf(input), name: input.value});
});
element.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target.matches('.name')) event.target.blur();
});
element.addEventListener('dragover', (event) => { if (event.target.closest('.box')) event.preventDefault(); });
element.addEventListener('drop', (event) => {
    if (!event.target.closest('.box')) return;
    event.preventDefault();
    add(labelOf(event.target), [...event.dataTransfer.files]);
});
