"""Texts of the page around the tabs, and of the states that a model can be in."""

ENGLISH = {
    # --- frame ---
    "title": "Neighbours",
    "tagline": "Upload a photo, and a small network generates new images that could stand beside it.",
    "language": "en",
    "tab_api": "API",
    "api_note": "Programs can do what the pages do, over HTTP or with Gradio’s clients for Python and JavaScript.",
    "api_open": "Open the documentation of all endpoints",
    "parts": "Pages",
    "studio_parts": "Studio tools",
    "tab_generate": "Generate",
    "tab_about": "About",
    "toast_error": "Error",
    "toast_warning": "Warning",
    "toast_info": "Info",
    # --- states ---
    "time_left": "{time} left",
    "time_passed": "{time} so far",
    "duration_seconds": "{count} s",
    "duration_minutes": "{count} min",
    "duration_hours": "{hours} h {minutes} min",
    "loading": "The model is loading. You can choose a photo in the meantime.",
    "unavailable": "{title} cannot be used: {message}",
    "no_models": "No model was found. Put one into the folder “weights” and start again.",
    "choose_first": "Choose a photo first: drop one, or click an example.",
    "select_first": "Select an image first.",
    "choose_again": "Choose a photo again: the last one belongs to another model.",
    "busy_session": "{count} of your requests are already running or waiting. Try again when one of them is done.",
    "busy_address": "{count} requests from your network are already running or waiting. Try again in a minute.",
    "busy_page": "{count} requests are waiting here already. Try again in a minute.",
    "busy_place": "Waiting for your turn. Your place in the queue: {place}.",
    # --- the connection ---
    "connection_away": "The connection is lost. This page keeps trying and continues by itself, with what you made.",
    "connection_back": "The connection is back.",
    # --- links to images ---
    "copy_link": "Copy link",
    "link_copied": "The link is copied. It opens this image again wherever this page has the same model.",
    "link_by_hand": "Copy this link:",
}

KOREAN = {
    # --- frame ---
    "title": "이웃",
    "tagline": "사진을 올리면 작은 신경망이 그 곁에 있을 법한 새 이미지를 생성합니다.",
    "language": "ko",
    "tab_api": "API 안내",
    "api_note": "페이지의 모든 기능을 프로그램에서도 HTTP나 Gradio의 Python·JavaScript 클라이언트로 사용할 수 "
    "있습니다.",
    "api_open": "모든 엔드포인트의 문서 열기",
    "parts": "페이지",
    "studio_parts": "스튜디오 도구",
    "tab_generate": "생성",
    "tab_about": "소개",
    "toast_error": "오류",
    "toast_warning": "주의",
    "toast_info": "알림",
    # --- states ---
    "time_left": "{time} 남음",
    "time_passed": "{time} 경과",
    "duration_seconds": "{count}초",
    "duration_minutes": "{count}분",
    "duration_hours": "{hours}시간 {minutes}분",
    "loading": "모델을 불러오는 중입니다. 그동안 사진을 선택할 수 있습니다.",
    "unavailable": "{title} 모델을 사용할 수 없습니다: {message}",
    "no_models": "모델이 없습니다. “weights” 폴더에 모델을 넣고 다시 시작하세요.",
    "choose_first": "먼저 사진을 선택하세요. 사진을 놓거나 예시를 클릭하면 됩니다.",
    "select_first": "먼저 이미지를 선택하세요.",
    "choose_again": "사진을 다시 선택하세요. 이전 사진은 다른 모델의 것입니다.",
    "busy_session": "이미 요청 {count}개가 처리 중이거나 대기 중입니다. 하나가 끝나면 다시 시도하세요.",
    "busy_address": "같은 네트워크의 요청 {count}개가 이미 처리 중이거나 대기 중입니다. 1분 뒤에 다시 시도하세요.",
    "busy_page": "이미 요청 {count}개가 대기 중입니다. 1분 뒤에 다시 시도하세요.",
    "busy_place": "차례를 기다리는 중입니다. 대기 순서: {place}번째.",
    # --- the connection ---
    "connection_away": "연결이 끊겼습니다. 페이지가 자동으로 다시 연결하며, 연결되면 만든 것과 함께 이어집니다.",
    "connection_back": "다시 연결되었습니다.",
    # --- links to images ---
    "copy_link": "링크 복사",
    "link_copied": "링크를 복사했습니다. 이 페이지에 같은 모델이 있으면 어디서나 이 이미지가 다시 열립니다.",
    "link_by_hand": "이 링크를 복사하세요:",
}
