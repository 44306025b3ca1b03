"""Texts around project files: a run as one file, and opened again."""

ENGLISH = {
    "project": "Project file",
    "project_note": "The run as one file: settings, curves, sheets and its model. Drop it on this page on another "
    "machine, or here after a restart, and it is in the list of runs again.",
    "project_note_public": "The run as one file: settings, curves, sheets and its model. It opens on a page of your "
    "own, by dropping it there, or with `icgan-demo project open`.",
    "project_images": "With its images",
    "project_images_info": "To continue it, or to use its images again. Whoever has the file can see them.",
    "project_checkpoint": "With its newest checkpoint",
    "project_checkpoint_info": "To continue it. Most of the file.",
    "project_make": "Make the file",
    "project_ready": "The run at step {step:,}, {size:.1f} MB. This copy is deleted after an hour.",
    "project_save": "Save the project file",
    "project_alone": "Drop a project file alone, without other files.",
    "project_lacks_images": "Opened without its images: you can watch it and generate with it, but not continue it or "
    "train on its images. For that, export it with its images.",
    "project_lacks_same-images": "Its images are not the very files that it learned from, so it cannot continue here. "
    "You can train on them anew, or continue it on the command line.",
    "project_lacks_checkpoint": "Opened without its checkpoint, so it cannot continue. For that, export it with its "
    "checkpoint.",
    "project_lacks_base": "It started from a model that is not on this machine, so it cannot continue here.",
}

KOREAN = {
    "project": "프로젝트 파일",
    "project_note": "설정, 곡선, 샘플 시트와 모델까지 학습 전체를 파일 하나로 만듭니다. 다른 컴퓨터에서 이 페이지에, "
    "또는 여기를 다시 시작한 뒤에 끌어다 놓으면 학습 목록에 다시 나타납니다.",
    "project_note_public": "설정, 곡선, 샘플 시트와 모델까지 학습 전체를 파일 하나로 만듭니다. 직접 실행한 페이지에 "
    "끌어다 놓거나 `icgan-demo project open`으로 열 수 있습니다.",
    "project_images": "이미지 포함",
    "project_images_info": "학습을 계속하거나 이미지를 다시 쓸 때 필요합니다. 파일을 가진 사람은 이미지를 볼 수 "
    "있습니다.",
    "project_checkpoint": "최신 체크포인트 포함",
    "project_checkpoint_info": "학습을 계속할 때 필요합니다. 파일 크기의 대부분을 차지합니다.",
    "project_make": "파일 만들기",
    "project_ready": "{step:,}스텝까지의 학습, {size:.1f} MB. 이 사본은 한 시간 뒤에 삭제됩니다.",
    "project_save": "프로젝트 파일 저장",
    "project_alone": "프로젝트 파일은 다른 파일 없이 하나만 놓으세요.",
    "project_lacks_images": "이미지 없이 열었습니다. 결과를 보고 생성할 수는 있지만, 학습을 계속하거나 그 이미지로 "
    "다시 학습할 수는 없습니다. 그러려면 이미지를 포함해 내보내세요.",
    "project_lacks_same-images": "이미지가 학습에 쓰인 파일과 똑같지 않아서 여기서는 계속할 수 없습니다. 이 이미지로 "
    "새로 학습하거나 명령줄에서 계속하세요.",
    "project_lacks_checkpoint": "체크포인트 없이 열어서 학습을 계속할 수 없습니다. 그러려면 체크포인트를 포함해 "
    "내보내세요.",
    "project_lacks_base": "시작 모델이 이 컴퓨터에 없어서 여기서는 계속할 수 없습니다.",
}
