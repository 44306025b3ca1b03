// Watches the connection to the server. While it is away a line says so; what was asked meanwhile is asked again as soon
// as the server answers; and a server that was restarted is met with a reload, after which the visit shows what it had.
// Where many ask at once, another line says which place in the queue this page's request has.
(said) => {
    const ask = window.fetch.bind(window);
    const app = window.gradio_config?.app_id;
    const address = new URL("gradio_api/app_id", document.baseURI);
    const WAIT_MS = 1000, PATIENCE_MS = 5000, LOOK_MS = 5000, SESSION_MS = 30 * 60_000;
    let returning = null, leaving = false, endedAt = null;
    const streams = new Set(), heardOf = new Set(), waiting = new Map();

    function write(id, key, place) {
        let line = document.getElementById(id);
        if (!line && !key) return;
        if (!line) {
            line = document.createElement("p");
            line.id = id;
            line.className = "status-line";
            line.setAttribute("role", "status");
            document.body.append(line);
        }
        const texts = said[document.documentElement.lang] ?? said.en;
        line.textContent = key ? texts[key].replace("{place}", place) : "";
    }

    function say(key) {
        write("connection", key);
        document.body.classList.toggle("is-away", key === "away");
    }

    async function isThere() {
        try {
            const answer = await ask(address, {cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS)});
            if (!answer.ok) return false;
            const {app_id} = await answer.json();
            if (app && app_id !== app) {
                location.reload();
                await new Promise(() => {});
            }
            return true;
        } catch (failed) {
            return false;
        }
    }

    // Returns whether the server was away.
    async function waited() {
        if (await isThere()) return false;
        say("away");
        do {
            await new Promise((done) => setTimeout(done, WAIT_MS));
        } while (!await isThere());
        say("back");
        const isAway = () => document.body.classList.contains("is-away");
        setTimeout(() => { if (!isAway()) say(""); }, 4 * WAIT_MS);
        return true;
    }

    // One wait for all that asks.
    const isBack = () => returning ??= waited().finally(() => { returning = null; });

    // Gradio's stream of signs of life: the server keeps what it knows of a page for an hour after that has ended. Gradio
    // does not open it again, so this does, to hear of the next loss; a server that is stopping ends it before it is gone.
    async function listen(address, answer) {
        while (!leaving) {
            try {
                for (const reader = answer.body.getReader(); !(await reader.read()).done;);
            } catch (broken) {}
            if (leaving) return;
            endedAt ??= Date.now();
            await new Promise((done) => setTimeout(done, WAIT_MS));
            await isBack();
            answer = await ask(address).catch(() => ({}));
        }
    }

    // The server ends the stream of answers once all that was asked is answered. What is asked before that end has come
    // here, as behind a slow proxy, is answered in the next stream, but Gradio opens none while it takes this one for open:
    // so it hears that its request was taken once the stream has told of that request, or has ended.
    async function placed(answer) {
        if (!streams.size) return;
        const {event_id} = await answer.json().catch(() => ({}));
        if (!event_id || heardOf.has(event_id)) return;
        const told = new Promise((done) => waiting.set(event_id, done));
        await Promise.race([told, ...streams, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
        waiting.delete(event_id);
        await new Promise((done) => setTimeout(done)); // Gradio hears of the end, too
    }

    // Places of this page's requests in the queue, as the stream of their answers tells them; the best one is shown.
    async function follow(answer) {
        const places = new Map(), stream = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        const show = () => write("queue", places.size ? "queue" : "", Math.min(...places.values()));
        try {
            for (let rest = "", part; !(part = await stream.read()).done;) {
                const lines = (rest + part.value).split("\n");
                rest = lines.pop();
                for (const line of lines) {
                    const [, kind, event] = line.match(/^data: *{"msg": *"(\w+)", *"event_id": *"(\w+)"/) ?? [];
                    const place = kind === "estimation" ? JSON.parse(line.slice(5)).rank + 1 : 0;
                    if (!event || kind === "heartbeat") continue;
                    heardOf.add(event);
                    waiting.get(event)?.();
                    const isNew = place && !places.has(event);
                    if (place) places.set(event, place); else places.delete(event);
                    if (isNew) setTimeout(show, WAIT_MS); else show(); // most wait for less than that
                }
            }
        } catch (broken) {}
        places.clear();
        show();
    }

    async function look() {
        if (document.hidden || leaving) return;
        await isBack();
        if (endedAt && Date.now() - endedAt > SESSION_MS) location.reload();
    }

    // Gradio shows a refused upload's answer as it came, HTTP and JSON; this way it shows the sentence in it.
    async function refused(answer) {
        const {detail} = await answer.clone().json().catch(() => ({}));
        return detail ? Object.assign(new Response(), {json: async () => { throw new Error(detail); }}) : answer;
    }

    window.fetch = async function (resource, options = {}) {
        const url = new URL(resource.url ?? resource, document.baseURI);
        if (!url.href.startsWith(new URL("gradio_api/", document.baseURI).href)) return ask(resource, options);
        const isPost = options.method === "POST";
        for (let repeats = 0;;) {
            let answer, failure;
            try {
                answer = await ask(resource, options);
            } catch (error) {
                if (error.name === "AbortError" || leaving) throw error;
                failure = error;
            }
            if (answer && !(isPost && (answer.status === 502 || answer.status === 504))) {
                if (url.pathname.includes("/heartbeat/")) listen(url, answer.clone());
                if (url.pathname.endsWith("/queue/data")) {
                    const stream = follow(answer.clone()).finally(() => streams.delete(stream));
                    streams.add(stream);
                }
                if (isPost && url.pathname.endsWith("/queue/join") && answer.ok) await placed(answer.clone());
                if (isPost && url.pathname.endsWith("/upload") && !answer.ok) return refused(answer);
                return answer;
            }
            const back = isBack();
            if (!isPost) throw failure;
            // A server that was there all along fails for another reason, as when a proxy does not wait: once more.
            if (!await back && ++repeats > 1) {
                if (answer) return answer;
                throw failure;
            }
        }
    };
    window.addEventListener("pagehide", () => { leaving = true; });
    window.addEventListener("pageshow", () => { leaving = false; });
    window.addEventListener("offline", isBack);
    window.addEventListener("online", isBack);
    setInterval(look, LOOK_MS); // a page on which nothing happens, and that has no such stream
    document.addEventListener("resume", look);
    document.addEventListener("visibilitychange", look);
}
