const EVERY_MS = 250, SIDE = 384, AT_ONCE = 8, MOST = 24;
const find = (what) => element.querySelector(what);
let stream = null, label = '', clock = 0, waiting = [], isSending = false, isLast = false, number = 0;
const send = () => {
    if (isSending || !(waiting.length || isLast)) return;
    isSending = true;
    const frames = waiting.splice(0, AT_ONCE);
    const isEnd = isLast && !waiting.length;
    if (isEnd) isLast = false;
    props.value = JSON.stringify({label, frames, number: ++number});
    trigger(isEnd ? 'submit' : 'input');
    setTimeout((sent) => { if (isSending && sent === number) { isSending = false; send(); } }, 15000, number);
};
const take = () => {
    const video = find('video'), scale = Math.min(1, SIDE / Math.min(video.videoWidth, video.videoHeight));
    if (!video.videoWidth || waiting.length >= MOST) return;
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(scale * video.videoWidth);
    canvas.height = Math.round(scale * video.videoHeight);
    canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
    waiting.push(canvas.toDataURL('image/jpeg', 0.85).split(',')[1]);
    send();
};
const start = () => {
    if (clock || !stream) return;
    find('.record').classList.add('on');
    clock = setInterval(take, EVERY_MS);
    take();
};
const stop = () => {
    if (!clock) return;
    clearInterval(clock);
    clock = 0;
    find('.record').classList.remove('on');
    isLast = true;
    send();
};
const close = () => {
    stop();
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    find('.camera').hidden = true;
};
const open = async (wanted) => {
    label = wanted;
    const panel = find('.camera'), video = find('video');
    panel.hidden = false;
    find('.class').textContent = label;
    find('.refused').hidden = true;
    panel.scrollIntoView({block: 'nearest'});
    if (!stream) {
        try {
            stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: 'environment'}});
            video.srcObject = stream;
            await video.play();
        } catch (refused) { find('.refused').hidden = false; }
    }
    find('.record').disabled = !stream;
    find('.record').focus({preventScroll: true});
};
document.addEventListener('train-camera', (event) => { stop(); open(event.detail); });
element.addEventListener('pointerdown', (event) => {
    if (event.target.closest('.record')) { event.preventDefault(); find('.record').focus(); start(); }
});
for (const ending of ['pointerup', 'pointercancel', 'blur']) window.addEventListener(ending, stop);
element.addEventListener('contextmenu', (event) => { if (event.target.closest('.record')) event.preventDefault(); });
element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
    else if (event.target.closest('.record') && (event.key === ' ' || event.key === 'Enter')) {
        event.preventDefault();
        if (!event.repeat) start();
    }
});
element.addEventListener('keyup', (event) => { if (event.key === ' ' || event.key === 'Enter') stop(); });
element.addEventListener('focusout', stop);
element.addEventListener('click', (event) => { if (event.target.closest('.close')) close(); });
document.addEventListener('click', (event) => { if (event.target.closest('#train-start')) close(); });
watch('heard', () => {
    find('.count').textContent = String(props.heard).split(' ')[1] ?? '';
    isSending = false;
    send();
});
