"""Texts of the page around the tabs, and of the states that a model can be in."""

ENGLISH = {
    # --- frame ---
    "title": "Neighbours",
    "tagline": "Drop in a photo, and a small network draws pictures that could stand beside it.",
    "language": "en",
    "tab_api": "For programs",
    "api_note": "What the pages do, programs can do too, over HTTP or with Gradio’s client for Python and JavaScript.",
    "api_open": "Open the documentation of all endpoints",
    "parts": "Parts of the app",
    "studio_parts": "Parts of the studio",
    "tab_generate": "Generate",
    "tab_about": "About",
    # --- states ---
    "loading": "The model is loading. You can choose a picture meanwhile.",
    "unavailable": "{title} cannot be used: {message}",
    "no_models": "No model was found. Put one into the folder “weights” and start again.",
    "choose_first": "Choose a picture first: drop a photo, or click one of the examples.",
    "select_first": "Select one of the pictures first.",
    "choose_again": "Choose a picture again: the last one belongs to another model.",
    "busy_session": "{count} of your requests are being answered or wait already. Try again when one of them is done.",
    "busy_address": "{count} requests from your network are being answered or wait already. Try again in a minute.",
    # --- the connection ---
    "connection_away": "The connection is away. This page keeps trying and comes back by itself, with what you made.",
    "connection_back": "The connection is back.",
}

KOREAN = {
    # --- frame ---
    "title": "이웃",
    "tagline": "사진을 한 장 올리면, 작은 신경망이 그 곁에 있을 법한 새 그림을 그립니다.",
    "language": "ko",
    "tab_api": "프로그램용",
    "api_note": "페이지에서 하는 일은 프로그램에서도 HTTP나 Gradio의 Python·JavaScript 클라이언트로 할 수 있습니다.",
    "api_open": "모든 엔드포인트의 문서 열기",
    "parts": "앱의 구성",
    "studio_parts": "스튜디오의 구성",
    "tab_generate": "만들기",
    "tab_about": "소개",
    # --- states ---
    "loading": "모델을 불러오는 중입니다. 그동안 사진을 고를 수 있습니다.",
    "unavailable": "{title} 모델을 쓸 수 없습니다: {message}",
    "no_models": "모델이 없습니다. “weights” 폴더에 넣고 다시 시작하세요.",
    "choose_first": "먼저 사진을 고르세요. 사진을 놓거나 예시를 누르면 됩니다.",
    "select_first": "먼저 그림을 하나 고르세요.",
    "busy_session": "요청 {count}개를 이미 처리하고 있거나 기다리는 중입니다. 하나가 끝나면 다시 해 보세요.",
    "busy_address": "같은 네트워크의 요청 {count}개를 이미 처리하고 있거나 기다리는 중입니다. 1분 뒤에 다시 해 보세요.",
    "choose_again": "사진을 다시 고르세요. 지난 사진은 다른 모델의 것입니다.",
    # --- the connection ---
    "connection_away": "연결이 끊겼습니다. 이 페이지가 계속 다시 연결하며, 연결되면 만든 것과 함께 돌아옵니다.",
    "connection_back": "다시 연결되었습니다.",
}
