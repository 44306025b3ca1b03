"""What can be wrong with training, by its English sentence; see ``error_texts``."""

KOREAN = {
    # --- asking for a run ---
    "There is no base model of that name.": "그런 이름의 시작 모델이 없습니다.",
    "The resolution must be one of {}.": "해상도는 다음 중 하나여야 합니다: {}.",
    "Augmentation knows {}.": "데이터 증강은 다음 중에서 선택할 수 있습니다: {}.",
    "The conditioning must be one of {}.": "조건은 다음 중 하나여야 합니다: {}.",
    "Choose two different conditionings.": "서로 다른 조건 두 개를 선택하세요.",
    "These images are not of two classes or more. "
    "Put each class into a folder of the ZIP, or choose what needs no class.": (
        "이미지의 클래스가 둘 이상이 아닙니다. ZIP에서 클래스마다 폴더를 하나씩 만들거나, 클래스가 필요 없는 조건을 "
        "선택하세요."
    ),
    "The licence must be one of {}.": "라이선스는 다음 중 하나여야 합니다: {}.",
    "Give the model a title of 1 to {} characters.": "모델 이름을 1~{}자로 입력하세요.",
    "Steps must be at most {}, got {}.": "스텝 수는 최대 {}입니다. 입력한 값: {}.",
    "Minutes must be at most {}, got {}.": "시간 제한은 최대 {}분입니다. 입력한 값: {}.",
    "Training is busy for about {} minutes. Please try again then.": (
        "다른 학습이 약 {}분 더 진행됩니다. 그 뒤에 다시 시도하세요."
    ),
    "This machine is short of memory. Please try again in a few minutes.": (
        "이 컴퓨터의 메모리가 부족합니다. 몇 분 뒤에 다시 시도하세요."
    ),
    "{} cannot be trained on: only BigGAN networks are. Choose another one.": (
        "{} 모델은 학습할 수 없습니다. BigGAN 계열만 학습할 수 있으니 다른 모델을 선택하세요."
    ),
    "{} generates at {} px; leave the resolution out or give {}.": (
        "{} 모델은 {} px로 생성합니다. 해상도를 비워 두거나 {} px로 정하세요."
    ),
    "{} was trained with the conditioning {}; leave it out, or start from nothing.": (
        "{} 모델은 {} 조건으로 학습했습니다. 조건을 비워 두거나 처음부터 학습하세요."
    ),
    "The base model has {} clusters, which cannot change; leave them out.": (
        "시작 모델의 군집은 {}개이며 바꿀 수 없습니다. 군집 수를 비워 두세요."
    ),
    "{} images can have fewer clusters than that, got {}.": (
        "이미지 {}장으로는 군집을 그만큼 만들 수 없습니다. 입력한 값: {}."
    ),
    "Conditioning on a class needs classes. Sort the images into one folder for each class.": (
        "클래스를 조건으로 하려면 클래스가 필요합니다. 이미지를 클래스별 폴더로 나누세요."
    ),
    "{} needs classes. Sort the images into one folder for each class.": (
        "{} 모델에는 클래스가 필요합니다. 이미지를 클래스별 폴더로 나누세요."
    ),
    "This encoder does not fit the base model.": "이 인코더는 시작 모델과 맞지 않습니다.",
    "This base cannot take another encoder; leave --encoder out.": (
        "이 시작 모델은 다른 인코더를 쓸 수 없습니다. --encoder를 빼세요."
    ),
    "A base model brings its own encoder; leave --encoder out, or name lite0.": (
        "시작 모델에는 인코더가 있습니다. --encoder를 빼거나 lite0를 지정하세요."
    ),
    "There is no bundled model to take an encoder from. Name one with --base or --encoder.": (
        "인코더를 가져올 내장 모델이 없습니다. --base나 --encoder로 지정하세요."
    ),
    "freeze must be below {}, the discriminator's blocks.": "고정할 블록 수는 판별자의 블록 수인 {}보다 작아야 합니다.",
    "Networks with spectral norm cannot be grown; leave the resolution out.": (
        "스펙트럼 정규화를 쓰는 신경망은 키울 수 없습니다. 해상도를 비워 두세요."
    ),
    "Networks of {} px cannot be grown; leave the resolution out.": (
        "{} px 신경망은 키울 수 없습니다. 해상도를 비워 두세요."
    ),
    "Neighbours per image must be between 1 and {} for {} images, got {}.": (
        "이미지가 {1}장이면 이웃 수는 1에서 {0} 사이여야 합니다. 입력한 값: {2}."
    ),
    "{} must be {}, got {}.": "{}: 다음이어야 합니다: {}. 입력한 값: {}.",
    "{} must be at least {}, got {}.": "{}: {} 이상이어야 합니다. 입력한 값: {}.",
    "{} must be at most {}, got {}.": "{}: {} 이하여야 합니다. 입력한 값: {}.",
    "{} must be between {} and {}, got {}.": "{}: {}에서 {} 사이여야 합니다. 입력한 값: {}.",
    "{} must be in {}, got {}.": "{}: {} 범위여야 합니다. 입력한 값: {}.",
    "{} must not be negative, got {}.": "{}: 0 이상이어야 합니다. 입력한 값: {}.",
    "{} must be positive, got {}.": "{}: 0보다 커야 합니다. 입력한 값: {}.",
    "{} must be above {}, got {}.": "{}: {}보다 커야 합니다. 입력한 값: {}.",
    # --- a run ---
    "Run not found.": "학습을 찾을 수 없습니다.",
    "This run has not started yet; there is nothing to keep.": "아직 시작하지 않은 학습이라 보존할 것이 없습니다.",
    "This run cannot be resumed: it is running or finished.": "진행 중이거나 끝난 학습은 계속할 수 없습니다.",
    "This run has not written its model yet.": "이 학습은 아직 모델을 저장하지 않았습니다.",
    "This run has no state to generate with yet. Wait until its first step, or continue it.": (
        "아직 이미지를 생성할 상태가 없는 학습입니다. 첫 스텝까지 기다리거나 학습을 계속하세요."
    ),
    "The run's present state could not be taken. Please try again.": (
        "학습의 현재 상태를 가져오지 못했습니다. 다시 시도해 주세요."
    ),
    "The model could not be put into the list. Free some disk space, then continue.": (
        "모델을 목록에 넣지 못했습니다. 디스크 공간을 비운 뒤 계속하세요."
    ),
    "The training failed unexpectedly; the log says more. It can be resumed.": (
        "예기치 않게 학습에 실패했습니다. 자세한 내용은 로그에 있으며, 학습을 계속할 수 있습니다."
    ),
    "The training diverged. Choose lower learning rates and start a new run.": (
        "학습이 발산했습니다. 학습률을 낮추고 새로 학습하세요."
    ),
    "batch_size must be a multiple of accumulate.": "배치 크기(batch_size)는 accumulate의 배수여야 합니다.",
    "learning rates must be between 0 and 1.": "학습률은 0에서 1 사이여야 합니다.",
    "Resumed from step {}.": "{}스텝부터 이어서 학습합니다.",
    "Resumed from step {} (step {} was incomplete).": "{}스텝부터 이어서 학습합니다({}스텝의 저장은 온전하지 않음).",
    "The training became unstable; it went back to step {} with halved rates.": (
        "학습이 불안정해져 학습률을 절반으로 줄이고 {}스텝으로 돌아갔습니다."
    ),
    "All images of an instance look the same; the training may have collapsed.": (
        "한 인스턴스의 이미지가 모두 똑같아 보입니다. 학습이 붕괴했을 수 있습니다."
    ),
    "Out of memory. Start again with a smaller batch, or resume with --accumulate 2.": (
        "메모리가 부족합니다. 배치를 줄여 다시 시작하거나, --accumulate 2로 계속하세요."
    ),
    "{} is not finite at step {}; nothing was saved.": "{1}스텝에서 {0} 값이 유한하지 않아 저장하지 않았습니다.",
    # --- the disk ---
    "The disk is full. Delete old runs, then try again.": (
        "디스크가 가득 찼습니다. 이전 학습을 삭제한 뒤 다시 시도하세요."
    ),
    "The disk is full. Delete old runs, then start again.": (
        "디스크가 가득 찼습니다. 이전 학습을 삭제한 뒤 다시 시작하세요."
    ),
    "The disk is full or read-only. Free some space and resume.": (
        "디스크가 가득 찼거나 읽기 전용입니다. 공간을 비우고 계속하세요."
    ),
    "The disk is full: the log could not be written. Free space and resume.": (
        "디스크가 가득 차 로그를 쓰지 못했습니다. 공간을 비우고 계속하세요."
    ),
    "The disk is full: a checkpoint of {} MB needs {} MB free, there are {} MB. Free some space and resume.": (
        "디스크 공간이 부족합니다. {} MB 체크포인트를 저장하려면 {} MB가 비어 있어야 하는데 {} MB뿐입니다. 공간을 "
        "비우고 계속하세요."
    ),
    "The checkpoint of step {} could not be written. Is the disk full or read-only? Free some space and resume.": (
        "{}스텝의 체크포인트를 쓰지 못했습니다. 디스크가 가득 찼거나 읽기 전용일 수 있습니다. 공간을 비우고 계속하세요."
    ),
    # --- continuing ---
    "The checkpoint of step {} is not complete.": "{}스텝의 체크포인트가 온전하지 않습니다.",
    "The folder {} holds no complete checkpoint.": "{} 폴더에 온전한 체크포인트가 없습니다.",
    "The run in {} has {} {}, not {}. Choose another folder.": (
        "{} 폴더의 학습은 {} 값이 {}입니다. {} 값으로는 계속할 수 없으니 다른 폴더를 선택하세요."
    ),
    "The checkpoint is of another {}. Start a new run in another folder.": (
        "다른 {}의 체크포인트입니다. 다른 폴더에서 새로 학습하세요."
    ),
    "The decoded copy of the images is gone. Start a new run.": (
        "풀어 둔 이미지의 복사본이 없어졌습니다. 새로 학습하세요."
    ),
    "There is no folder named {}. Give a folder that holds images.": (
        "이름이 {}인 폴더가 없습니다. 이미지가 든 폴더를 사용하세요."
    ),
    "The folder {} holds no JPEG, PNG, WebP, GIF or BMP image.": (
        "{} 폴더에 JPEG, PNG, WebP, GIF, BMP 이미지가 없습니다."
    ),
    "The run's settings are of another version. Start a new run in another folder.": (
        "다른 버전의 학습 설정입니다. 다른 폴더에서 새로 학습하세요."
    ),
    "The run's own record, run.json, is damaged. Start a new run in another folder.": (
        "학습의 기록인 run.json이 손상되었습니다. 다른 폴더에서 새로 학습하세요."
    ),
    "This folder already holds a run. Use --resume to continue it, or choose another --out.": (
        "이 폴더에는 이미 학습이 있습니다. --resume으로 계속하거나 다른 --out을 선택하세요."
    ),
    "Another training is running in this folder. Wait for it or choose another one.": (
        "이 폴더에서 다른 학습이 진행 중입니다. 기다리거나 다른 폴더를 선택하세요."
    ),
    "This run started from {}. Give the same base, or start a new run in another folder.": (
        "이 학습의 시작 모델: {}. 같은 모델을 사용하거나 다른 폴더에서 새로 학습하세요."
    ),
    "{}, which this run started from, has been replaced by a version with another encoder. "
    "Start a new run in another folder.": (
        "시작 모델 {} 대신 다른 인코더를 쓰는 버전이 설치되었습니다. 다른 폴더에서 새로 학습하세요."
    ),
    "{} was {} when this run started and cannot become {}. Start a new run in another folder.": (
        "{}: 학습을 시작할 때의 값({})을 {} 값으로 바꿀 수 없습니다. 다른 폴더에서 새로 학습하세요."
    ),
    "This run generates at {} px. Start a new run for another resolution.": (
        "이 학습은 {} px로 생성합니다. 다른 해상도로는 새로 학습하세요."
    ),
    "{}. Put the images back as they were, or start a new run.": (
        "이미지가 학습을 시작할 때와 다릅니다. 원래대로 되돌리거나 새로 학습하세요."
    ),
    # --- the Hub ---
    "Give the repository a name such as `owner/my-model`.": "저장소 이름을 `owner/my-model`처럼 입력하세요.",
    "Give a token of the Hub that may write, from the settings of your account there.": (
        "쓰기 권한이 있는 Hub 토큰을 입력하세요. Hub의 계정 설정에서 만들 수 있습니다."
    ),
    "The Hub does not know this token. Copy it again from the settings of your account there.": (
        "Hub가 모르는 토큰입니다. Hub의 계정 설정에서 다시 복사하세요."
    ),
    "The Hub refused (status {}). Please try again later.": "Hub가 거절했습니다(상태 {}). 나중에 다시 시도하세요.",
    "There is a repository of that name already. Choose another name.": (
        "같은 이름의 저장소가 이미 있습니다. 다른 이름을 선택하세요."
    ),
    "This token may not write there. Make one that may, or choose a repository of your own.": (
        "이 토큰에는 그곳의 쓰기 권한이 없습니다. 권한이 있는 토큰을 만들거나 내 저장소를 선택하세요."
    ),
    "The Hub cannot be reached from here. Please try again later.": (
        "여기에서 Hub에 연결할 수 없습니다. 나중에 다시 시도하세요."
    ),
    "{} The new repository is there, but empty: delete it there, or choose another name.": (
        "{} 새 저장소는 만들어졌지만 비어 있습니다. Hub에서 삭제하거나 다른 이름을 선택하세요."
    ),
    # --- project files ---
    "A public page opens no project files. Open it on a page of your own, or with `icgan-demo project open`.": (
        "공개 페이지에서는 프로젝트 파일을 열 수 없습니다. 직접 실행한 페이지에서 열거나 `icgan-demo project open`을 "
        "사용하세요."
    ),
    "This run has saved nothing yet. Wait for its first step, then export it.": (
        "이 학습은 아직 저장한 것이 없습니다. 첫 스텝을 기다린 뒤 내보내세요."
    ),
    "The run changed while it was read. Please try again.": "읽는 동안 학습이 바뀌었습니다. 다시 시도하세요.",
    "The project file would have {} MB; a page opens at most {} MB. Leave out its images or its checkpoint.": (
        "프로젝트 파일이 {} MB가 됩니다. 페이지에서는 최대 {} MB까지 열 수 있으니 이미지나 체크포인트를 빼세요."
    ),
    "The project file would have {} MB; a page opens at most {} MB. Leave out its checkpoint.": (
        "프로젝트 파일이 {} MB가 됩니다. 페이지에서는 최대 {} MB까지 열 수 있으니 체크포인트를 빼세요."
    ),
    "The images of this run are not on this page. Export it without them.": (
        "이 학습의 이미지가 이 페이지에 없습니다. 이미지를 빼고 내보내세요."
    ),
    "There is no training run in {}. Give the folder that train --out was given.": (
        "{} 폴더에 학습이 없습니다. `train --out`에 지정한 폴더를 입력하세요."
    ),
    "The images in {} are not those that this run learns from.": "{} 폴더의 이미지는 이 학습의 이미지가 아닙니다.",
    "This is a project file, not a set of images. Drop it on the Train page alone.": (
        "이미지 세트가 아니라 프로젝트 파일입니다. 학습 페이지에 이 파일만 끌어다 놓으세요."
    ),
    "This is not a project file. Choose one that was exported from a training run.": (
        "프로젝트 파일이 아닙니다. 학습에서 내보낸 파일을 선택하세요."
    ),
    "Choose a project file first.": "먼저 프로젝트 파일을 선택하세요.",
    "The project file is damaged or incomplete. Export it again, or fetch it again.": (
        "프로젝트 파일이 손상되었거나 온전하지 않습니다. 다시 내보내거나 다시 받으세요."
    ),
    "The project file was written by a newer version of this program. Update the program.": (
        "더 새로운 버전의 프로그램이 만든 프로젝트 파일입니다. 프로그램을 업데이트하세요."
    ),
    "The project file cannot be used: {}.": "프로젝트 파일을 사용할 수 없습니다({}). 다시 내보내세요.",
    "The record of this run is damaged. Export it again.": "이 학습의 기록이 손상되었습니다. 다시 내보내세요.",
    "{} of this run is {}; the most is {}.": "이 학습의 {} 값은 {}입니다. 최대 {}까지 사용할 수 있습니다.",
    "The model of this project is not one that a training here writes. Export it again.": (
        "이 프로젝트의 모델은 여기서 학습한 형식이 아닙니다. 다시 내보내세요."
    ),
    "The model of this project has an encoder that a project file cannot bring along.": (
        "이 프로젝트의 모델이 쓰는 인코더는 프로젝트 파일로 옮길 수 없습니다."
    ),
    "Its images are not in the project file, so this run cannot continue. Export it with its images.": (
        "프로젝트 파일에 이미지가 없어서 이 학습을 계속할 수 없습니다. 이미지를 포함해 내보내세요."
    ),
    "Its images are not the very files that it learned from, so this run cannot continue here. Train anew.": (
        "이미지가 학습에 쓰인 파일과 똑같지 않아서 여기서는 이 학습을 계속할 수 없습니다. 새로 학습하세요."
    ),
    "Its checkpoint is not in the project file, so this run cannot continue. Export it with that.": (
        "프로젝트 파일에 체크포인트가 없어서 이 학습을 계속할 수 없습니다. 체크포인트를 포함해 내보내세요."
    ),
    "The model that this run started from is not on this machine, so it cannot continue here.": (
        "시작 모델이 이 컴퓨터에 없어서 여기서는 이 학습을 계속할 수 없습니다."
    ),
    "A file in the archive is too large: the limit is {} MB.": "압축 파일 속 파일이 너무 큽니다. 한도는 {} MB입니다.",
    "Two files in the archive have the same name.": "압축 파일에 이름이 같은 파일이 두 개 있습니다.",
    "The files take more than {} MB. Use fewer.": "파일이 모두 {} MB를 넘습니다. 파일 수를 줄이세요.",
}
