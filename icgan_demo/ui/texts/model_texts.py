"""Texts around models that can be fetched."""

ENGLISH = {
    "to_download": "{size} MB to download",
    "size_unknown": "size not published",
    "class_count": "{count:,} classes",
    "class_none": "no classes",
    "class_nearest": "that of the nearest real instances",
    "class_wanted": "choose one",
    "class_followed": "Class: {name}, that of the nearest real instances. You can change it in Settings.",
    "loading_model": "{title} is loading. Others can keep generating in the meantime.",
    "not_here": "{title} is not on this machine yet. Its terms and the download are below the model list in Settings.",
    "terms_title": "Before you download {title}",
    "terms_intro": "The following files would be downloaded to this machine, on these terms:",
    "download_model": "Accept the terms and download",
    "stop_download": "Stop the download",
    "fetching": "Downloading {title}, file {part} of {parts}: {done} of {total} MB ({percent} %)",
    "fetching_blind": "Downloading {title}, file {part} of {parts}: {done} MB",
    "converting": "Checking and converting {title}, file {part} of {parts}. This takes up to a minute.",
    "fetched": "{title} is ready to use. {message}",
    "fetch_failed": "{title} was not downloaded: {message}",
}

KOREAN = {
    "to_download": "내려받기 {size} MB",
    "size_unknown": "크기 미공개",
    "class_count": "클래스 {count:,}개",
    "class_none": "클래스 없음",
    "class_nearest": "가장 가까운 실제 인스턴스의 클래스",
    "class_wanted": "하나를 선택하세요",
    "class_followed": "클래스: {name}(가장 가까운 실제 인스턴스의 클래스). 설정에서 바꿀 수 있습니다.",
    "loading_model": "{title} 모델을 불러오는 중입니다. 그동안 다른 사용자는 계속 생성할 수 있습니다.",
    "not_here": "{title} 모델은 아직 이 컴퓨터에 없습니다. 설정의 모델 목록 아래에서 이용 조건을 확인하고 내려받을 수 "
    "있습니다.",
    "terms_title": "{title} 내려받기 전에",
    "terms_intro": "이 컴퓨터로 내려받을 파일과 이용 조건입니다.",
    "download_model": "조건에 동의하고 내려받기",
    "stop_download": "내려받기 중지",
    "fetching": "내려받는 중: {title}, 파일 {part}/{parts}, {done}/{total} MB ({percent}%)",
    "fetching_blind": "내려받는 중: {title}, 파일 {part}/{parts}, {done} MB",
    "converting": "확인하고 변환하는 중: {title}, 파일 {part}/{parts}. 최대 1분 정도 걸립니다.",
    "fetched": "이제 {title} 모델을 사용할 수 있습니다. {message}",
    "fetch_failed": "{title} 모델을 내려받지 못했습니다: {message}",
}
