"""Every text of the page, in English and Korean.

Fixed labels are translated in the browser (``text``); sentences with numbers are made on the server, in the language
that the browser asks for (``say``). Error sentences come from the services and are English.
"""

from typing import Any

import gradio as gr

ENGLISH = {
    # --- frame ---
    "title": "Neighbours",
    "tagline": "Drop in a photo, and a small network draws pictures that could stand beside it.",
    "tab_generate": "Generate",
    "tab_about": "About",
    # --- the instance ---
    "instance": "Your picture",
    "instance_placeholder": "# Drop a photo here\nor click to choose one",
    "generate": "Generate",
    "stop": "Stop",
    "examples": "No photo at hand? Start from one of these",
    # --- settings ---
    "settings": "Settings",
    "model": "Model",
    "count": "Pictures",
    "seed": "Seed",
    "seed_info": "The same seed draws the same picture. Empty: random.",
    "random_seed": "New seed",
    "truncation": "Variety (truncation)",
    "truncation_info": "Small: safe and alike. 1: as varied as the model can.",
    "label": "Class",
    "label_info": "What the picture should show; the first choice leaves it to your picture.",
    "no_label": "none",
    "best_of": "Candidates per picture",
    "best_of_info": "Only those nearest to your picture stay. Takes as many times longer.",
    # --- results ---
    "results": "New neighbours",
    "empty": "Sixteen new pictures will appear here, each a plausible neighbour of yours.",
    "caption": "distance {distance:.2f}, seed {seed}",
    "drawing": "Drawing… {done} of {total}",
    "ready": "{count} pictures in {seconds:.1f} s, seeds {first} to {last}",
    "ready_ranked": "The nearest {count} of {candidates} in {seconds:.1f} s",
    "stopped": "Stopped. {count} pictures were drawn.",
    "more": "Draw others",
    "use_sample": "Use as the instance",
    "download_all": "Download all",
    "selected": "Seed {seed} · distance {distance:.2f} to your picture",
    "selected_nearest": "Seed {seed} · distance {distance:.2f} to your picture · nearest real instance: {name}",
    "synthetic": "These pictures are synthetic: drawn by a network, not photographed.",
    # --- the instance as the model sees it ---
    "crop": "What it saw",
    "crop_alt": "The centre square of your picture, at the size the model sees",
    "neighbours": "Nearest real instances the model knows",
    "neighbours_note": "Real photos, shown as the generator redraws them, since the photos are not shipped. "
    "Click one to use it.",
    "neighbour_caption": "{name}, distance {distance:.2f}",
    "unlabelled": "instance {row}",
    "bank": "All instances of the model",
    "bank_note": "Each stands for a real photo of the training set and is shown as the generator redraws it.",
    "bank_filter": "Show only",
    "all_classes": "all classes",
    # --- states ---
    "loading": "The model is loading. You can choose a picture meanwhile.",
    "unavailable": "{title} cannot be used: {message}",
    "no_models": "No model was found. Put one into the folder “weights” and start again.",
    "choose_first": "Choose a picture first: drop a photo, or click one of the examples.",
    "select_first": "Select one of the pictures first.",
    "choose_again": "Choose a picture again: the last one belongs to another model.",
    # --- about ---
    "how_title": "How it works",
    "how_photo": "your photo",
    "how_encoder": "encoder",
    "how_encoder_note": "trained first, then frozen",
    "how_feature": "instance h",
    "how_feature_note": "one point on a sphere",
    "how_noise": "noise z",
    "how_noise_note": "the seed",
    "how_class": "class y",
    "how_class_note": "optional",
    "how_generator": "generator",
    "how_pictures": "new neighbours",
    "how_alt": "A photo becomes a point on a sphere; the generator turns the point, noise and an optional class into"
    " new pictures.",
    "how_text": "An encoder turns your photo into one point on a sphere, near the points of photos that look alike. "
    "The generator was trained to draw, for every point, what the real photos around it look like: not a copy of your "
    "photo but its plausible neighbours. The noise decides what the point leaves open, and a class label can pull the "
    "picture elsewhere while it keeps the mood of your photo. The method is Instance-Conditioned GAN (Casanova, "
    "Careil, Verbeek, Drozdzal and Romero Soriano, 2021), written anew for this project.",
    "model_title": "The model",
    "models_title": "All models",
    "figures_title": "Measured figures",
    "figures_none": "No figures have been measured for this model yet.",
    "data": "Data",
    "licence": "Licence",
    "resolution": "Resolution",
    "pixels": "{side} × {side} pixels",
    "classes": "Classes",
    "size": "Size",
    "encoder": "Encoder",
    "state": "State",
    "state_ready": "ready",
    "state_loading": "loading",
    "state_available": "on disk",
    "state_downloadable": "can be downloaded",
    "state_unavailable": "unusable",
    "privacy_title": "Your pictures",
    "privacy": "Photos stay on the machine that runs this page and are deleted after an hour. A drawn picture keeps "
    "the gist of its instance, so it is not anonymous. Every picture carries its recipe: model, seed and settings.",
    # --- models to fetch ---
    "to_download": "{size} MB to download",
    "size_unknown": "size not published",
    "class_count": "{count:,} classes",
    "class_none": "no classes",
    "class_nearest": "that of the nearest real instance",
    "class_wanted": "choose one",
    "class_followed": "Class: {name}, that of the nearest real instance. Settings offer others.",
    "loading_model": "{title} is loading. Others can go on drawing meanwhile.",
    "not_here": "{title} is not on this machine yet. Its terms and the download are below the model list in Settings.",
    "terms_title": "Before you download {title}",
    "terms_intro": "This is what would be fetched to this machine, and on what terms:",
    "download_model": "Accept the terms and download",
    "stop_download": "Stop the download",
    "fetching": "Downloading {title}, file {part} of {parts}: {done} of {total} MB ({percent} %)",
    "fetching_blind": "Downloading {title}, file {part} of {parts}: {done} MB",
    "converting": "Checking and converting {title}, file {part} of {parts}. This takes up to a minute.",
    "fetched": "{title} can be used now. {message}",
    "fetch_failed": "{title} was not downloaded: {message}",
    # --- training ---
    # --- studio ---
    # --- digits ---
    # --- tags ---
}

KOREAN = {
    "title": "이웃",
    "tagline": "사진을 한 장 올리면, 작은 신경망이 그 곁에 있을 법한 새 그림을 그립니다.",
    "tab_generate": "만들기",
    "tab_about": "소개",
    "instance": "내 사진",
    "instance_placeholder": "# 사진을 여기에 놓으세요\n또는 눌러서 고르세요",
    "generate": "그리기",
    "stop": "멈춤",
    "examples": "사진이 없나요? 이 중 하나로 시작해 보세요",
    "settings": "설정",
    "model": "모델",
    "count": "그림 수",
    "seed": "시드",
    "seed_info": "같은 시드는 같은 그림을 그립니다. 비우면 무작위.",
    "random_seed": "새 시드",
    "truncation": "다양성 (truncation)",
    "truncation_info": "작으면 안정적이고 서로 비슷하며, 1이면 가장 다양합니다.",
    "label": "분류",
    "label_info": "그림에 나올 대상입니다. 첫 항목은 내 사진을 따릅니다.",
    "no_label": "없음",
    "best_of": "그림당 후보 수",
    "best_of_info": "내 사진에 가장 가까운 것만 남깁니다. 그만큼 오래 걸립니다.",
    "results": "새로운 이웃",
    "empty": "내 사진의 이웃일 법한 새 그림 열여섯 장이 여기에 나타납니다.",
    "caption": "거리 {distance:.2f}, 시드 {seed}",
    "drawing": "그리는 중… {total}장 중 {done}장",
    "ready": "{seconds:.1f}초에 {count}장, 시드 {first}–{last}",
    "ready_ranked": "{seconds:.1f}초에 후보 {candidates}장 중 가장 가까운 {count}장",
    "stopped": "멈췄습니다. {count}장을 그렸습니다.",
    "more": "다른 그림 그리기",
    "use_sample": "이 그림을 기준으로",
    "download_all": "모두 내려받기",
    "selected": "시드 {seed} · 내 사진과의 거리 {distance:.2f}",
    "selected_nearest": "시드 {seed} · 내 사진과의 거리 {distance:.2f} · 가장 가까운 실제 사진: {name}",
    "synthetic": "이 그림들은 합성입니다. 사진이 아니라 신경망이 그린 것입니다.",
    "crop": "모델의 눈",
    "crop_alt": "모델이 보는 크기로 자른 내 사진의 가운데 정사각형",
    "neighbours": "모델이 아는 가장 가까운 실제 사진",
    "neighbours_note": "실제 사진을 생성기가 다시 그린 모습입니다. 사진 자체는 들어 있지 않습니다. "
    "눌러서 쓸 수 있습니다.",
    "neighbour_caption": "{name}, 거리 {distance:.2f}",
    "unlabelled": "기준 {row}",
    "bank": "모델의 모든 기준 사진",
    "bank_note": "하나하나가 학습에 쓰인 실제 사진을 나타내며, 생성기가 다시 그린 모습으로 보입니다.",
    "bank_filter": "골라 보기",
    "all_classes": "모든 분류",
    "loading": "모델을 불러오는 중입니다. 그동안 사진을 고를 수 있습니다.",
    "unavailable": "{title} 모델을 쓸 수 없습니다: {message}",
    "no_models": "모델이 없습니다. “weights” 폴더에 넣고 다시 시작하세요.",
    "choose_first": "먼저 사진을 고르세요. 사진을 놓거나 예시를 누르면 됩니다.",
    "select_first": "먼저 그림을 하나 고르세요.",
    "choose_again": "사진을 다시 고르세요. 지난 사진은 다른 모델의 것입니다.",
    "how_title": "작동 방식",
    "how_photo": "내 사진",
    "how_encoder": "인코더",
    "how_encoder_note": "먼저 학습한 뒤 고정",
    "how_feature": "기준 h",
    "how_feature_note": "구면 위의 한 점",
    "how_noise": "잡음 z",
    "how_noise_note": "시드",
    "how_class": "분류 y",
    "how_class_note": "선택 사항",
    "how_generator": "생성기",
    "how_pictures": "새로운 이웃",
    "how_alt": "사진이 구면 위의 한 점이 되고, 생성기가 그 점과 잡음, 선택한 분류로 새 그림을 그립니다.",
    "how_text": "인코더는 사진을 구면 위의 한 점으로 바꿉니다. 비슷하게 생긴 사진들은 가까이 놓입니다. "
    "생성기는 각 점 주변의 실제 사진들이 어떤 모습인지 그리도록 학습했습니다. 그래서 사진의 복사본이 아니라 "
    "있을 법한 이웃을 그립니다. 점이 정하지 않은 것은 잡음이 정하고, 분류를 고르면 사진의 분위기를 지키면서 "
    "다른 대상으로 옮겨 갑니다. 방법은 Instance-Conditioned GAN(Casanova, Careil, Verbeek, Drozdzal, "
    "Romero Soriano, 2021)이며, 이 프로젝트에서 새로 작성했습니다.",
    "model_title": "모델",
    "models_title": "모든 모델",
    "figures_title": "측정값",
    "figures_none": "이 모델은 아직 측정값이 없습니다.",
    "data": "데이터",
    "licence": "이용 허락",
    "resolution": "해상도",
    "pixels": "{side} × {side} 픽셀",
    "classes": "분류",
    "size": "크기",
    "encoder": "인코더",
    "state": "상태",
    "state_ready": "준비됨",
    "state_loading": "불러오는 중",
    "state_available": "디스크에 있음",
    "state_downloadable": "내려받을 수 있음",
    "state_unavailable": "쓸 수 없음",
    "privacy_title": "내 사진은",
    "privacy": "사진은 이 페이지를 돌리는 컴퓨터에만 머물고 한 시간 뒤에 지워집니다. 그려진 그림에는 "
    "기준 사진의 느낌이 남으므로 익명이 아닙니다. 모든 그림에는 모델, 시드, 설정을 담은 제조법이 들어 있습니다.",
    # --- models to fetch ---
    "to_download": "{size} MB 내려받기",
    "size_unknown": "크기 미공개",
    "class_count": "분류 {count:,}개",
    "class_none": "분류 없음",
    "class_nearest": "가장 가까운 실제 사진의 분류",
    "class_wanted": "하나를 고르세요",
    "class_followed": "분류: {name} (가장 가까운 실제 사진의 분류). 설정에서 바꿀 수 있습니다.",
    "loading_model": "{title} 모델을 불러오는 중입니다. 그동안 다른 사람은 계속 그릴 수 있습니다.",
    "not_here": "{title} 모델은 아직 이 컴퓨터에 없습니다. 설정의 모델 목록 아래에서 내려받을 수 있습니다.",
    "terms_title": "{title} 내려받기 전에",
    "terms_intro": "이 컴퓨터로 내려받을 파일과 그 이용 조건입니다.",
    "download_model": "조건에 동의하고 내려받기",
    "stop_download": "내려받기 멈춤",
    "fetching": "내려받는 중: {title}, 파일 {part}/{parts}, {done}/{total} MB ({percent} %)",
    "fetching_blind": "내려받는 중: {title}, 파일 {part}/{parts}, {done} MB",
    "converting": "확인하고 변환하는 중: {title}, 파일 {part}/{parts}. 1분쯤 걸립니다.",
    "fetched": "이제 {title} 모델을 쓸 수 있습니다. {message}",
    "fetch_failed": "{title} 모델을 내려받지 못했습니다: {message}",
    # --- training ---
    # --- studio ---
    # --- digits ---
    # --- tags ---
}

LANGUAGES = {"en": ENGLISH, "ko": KOREAN}
_PREFIX = "icgan_"
"""Gradio's own texts share our keys' space: a plain "label" would be taken for one of theirs."""
TRANSLATIONS = gr.I18n(
    **{language: {_PREFIX + key: value for key, value in texts.items()} for language, texts in LANGUAGES.items()}
)


def text(key: str) -> Any:
    """Return a fixed text for a component's label or value; the browser translates it."""
    assert key in ENGLISH, key
    return TRANSLATIONS(_PREFIX + key)


def language_of(request: gr.Request | None) -> str:
    """Return the language, a key of ``LANGUAGES``, that the visitor's browser prefers; English when unknown."""
    accepted = "" if request is None else str(request.headers.get("accept-language", ""))
    first = accepted.split(",")[0].split("-")[0].split(";")[0].strip().lower()
    return first if first in LANGUAGES else "en"


def say(language: str, key: str, **values: Any) -> str:
    """Return a text with its numbers and names filled in, in one of ``LANGUAGES``."""
    return LANGUAGES[language][key].format(**values)
