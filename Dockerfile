# The page on port 7860 as an ordinary user. Python >= 3.11.8: earlier ones accept overlapping zip entries.
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 user
USER user
ENV HOME=/home/user \
    PATH=/home/user/.local/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    GRADIO_TEMP_DIR=/tmp/icgan_demo \
    HF_HOME=/home/user/.cache/huggingface \
    ICGAN_MODELS_DIR=/home/user/models
WORKDIR /home/user/app

COPY --chown=user requirements.txt requirements-cpu.txt ./
RUN pip install --no-cache-dir --user -r requirements-cpu.txt

COPY --chown=user . .
RUN mkdir -p /home/user/models && python -c "import icgan_demo, torch, torchvision, open_clip, gradio, app"

EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
CMD ["python", "app.py"]
